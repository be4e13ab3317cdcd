#include "cli/drop.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/ledger.hpp"
#include "cli/question.hpp"
#include "cli/running_change.hpp"
#include "cli/shadow.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Transaction;

// One thing to drop: what to say, and the SQL that does it.
struct Removal {
    std::string name, what;
    std::vector<std::string> script;
    int view = 0;  // whose rebuild may have left something
};

Removal remove_statement(const AppliedStatement& statement) {
    const std::string forget =
        "DELETE FROM tidewheel.statements WHERE id = " + std::to_string(statement.id);
    if (!statement.is_view)
        return {statement.name,
                "rows " + statement.name +
                    ": forgets the statement, its progress and its own dead letters; the table " +
                    statement.target.text() + " stays",
                {forget}};
    return {statement.name,
            "view " + statement.name + ": drops the view " + statement.target.text() +
                ", its state table " + statement.state_table + " and its own dead letters",
            {"DROP VIEW IF EXISTS " + statement.target.quoted(),
             "DROP TABLE IF EXISTS " + statement.state_table, forget},
            statement.id};
}

Removal remove_stream(const AppliedStream& stream) {
    return {stream.name.text(),
            "stream " + stream.name.text() + ": drops it and its dead letters; topic " +
                stream.topic + " stays",
            {std::string(stream.is_foreign ? "DROP FOREIGN TABLE IF EXISTS "
                                           : "DROP TABLE IF EXISTS ") +
                 stream.name.quoted(),
             "DELETE FROM tidewheel.streams WHERE id = " + std::to_string(stream.id)}};
}

Removal forget_object(const AppliedObject& object) {
    return {
        object.object,
        object.object + ": is forgotten, so that apply runs it again; to DROP it is yours",
        {"DELETE FROM tidewheel.objects WHERE object = " + postgres::quote_literal(object.object)}};
}

class Selection {
  public:
    // path: the schemas in which a name without one is looked for, in order.
    Selection(const Ledger& ledger, std::vector<std::string> path, bool cascade)
        : ledger_(ledger), path_(std::move(path)), cascade_(cascade) {}

    void add(const std::string& name) {
        for (const AppliedStatement& statement : ledger_.statements)
            if (statement.name == name) return add(remove_statement(statement));
        if (const AppliedStream* stream = stream_of(name)) return add_stream(*stream);
        for (const AppliedObject& object : ledger_.objects)
            if (object.object == name) return add(forget_object(object));
        throw Error(Error::Kind::setting, "nothing named " + name + " was applied",
                    "tidewheel plan lists what was");
    }

    const std::vector<Removal>& removals() const { return removals_; }

  private:
    // As PostgreSQL would find it; beyond the search path only when no other bears the name.
    const AppliedStream* stream_of(const std::string& name) const {
        for (const AppliedStream& stream : ledger_.streams)
            if (stream.name.text() == name) return &stream;
        for (const std::string& schema : path_)
            if (const AppliedStream* stream = ledger_.stream({schema, name})) return stream;
        const AppliedStream* only = nullptr;
        for (const AppliedStream& stream : ledger_.streams) {
            if (stream.name.name != name) continue;
            if (only)
                throw Error(Error::Kind::setting,
                            name + " may be stream " + only->name.text() + " or " +
                                stream.name.text() + ", and neither is in the search path",
                            "name its schema, too");
            only = &stream;
        }
        return only;
    }

    void add_stream(const AppliedStream& stream) {
        std::string readers;
        for (const AppliedStatement& statement : ledger_.statements) {
            if (statement.stream_id != stream.id || chosen(statement.name)) continue;
            readers += (readers.empty() ? "" : ", ") + statement.name;
            if (cascade_) add(remove_statement(statement));
        }
        if (!cascade_ && !readers.empty())
            throw Error(Error::Kind::pipeline,
                        "stream " + stream.name.text() + " is read by " + readers,
                        "--cascade drops them as well");
        add(remove_stream(stream));
    }

    bool chosen(const std::string& name) const {
        return std::any_of(removals_.begin(), removals_.end(),
                           [&](const Removal& removal) { return removal.name == name; });
    }

    void add(Removal removal) {
        if (!chosen(removal.name)) removals_.push_back(std::move(removal));
    }

    const Ledger& ledger_;
    const std::vector<std::string> path_;
    bool cascade_;
    std::vector<Removal> removals_;
};

std::vector<std::string> search_path(Transaction& transaction) {
    std::vector<std::string> schemas;
    for (const postgres::Row& row :
         transaction.query("SELECT s FROM unnest(current_schemas(false)) WITH ORDINALITY AS u(s, "
                           "n) ORDER BY n"))
        schemas.push_back(row.text(0));
    return schemas;
}

std::vector<std::string> consequences_of(const std::vector<Removal>& removals) {
    std::vector<std::string> lines;
    for (const Removal& removal : removals)
        lines.push_back(removal.what);
    return lines;
}

// What goes by now may be less than what was agreed to, but no more.
void require_told(const std::vector<Removal>& removals, const std::vector<Removal>& told) {
    for (const Removal& removal : removals)
        if (std::none_of(told.begin(), told.end(),
                         [&](const Removal& each) { return each.what == removal.what; }))
            throw Error(Error::Kind::unavailable,
                        removal.name + " was changed meanwhile, and would be dropped, too",
                        "run it again");
}

// told: what a human has agreed to; nullptr: only looks.
std::vector<Removal> look_or_remove(const Context& context, const DropOptions& options,
                                    const std::vector<Removal>* told) {
    std::vector<Removal> removals;
    change_what_runs(context, [&](Transaction& transaction, const Ledger& ledger) {
        Selection selection(ledger, search_path(transaction), options.cascade);
        for (const std::string& name : options.names)
            selection.add(name);
        removals = selection.removals();
        if (!told) return;
        require_told(removals, *told);
        raise_version(transaction);
        for (const Removal& removal : removals) {
            if (removal.view != 0) drop_shadow(transaction, removal.view);
            for (const std::string& statement : removal.script)
                transaction.run(statement);
        }
    });
    return removals;
}

void print_removals(Context& context, const std::vector<Removal>& removals) {
    codec::Json dropped = codec::Json::array();
    for (const Removal& removal : removals) {
        dropped.push(codec::Json::object().set("name", removal.name).set("what", removal.what));
        if (!context.json) context.out << removal.what << '\n';
    }
    if (context.json) print(context.out, codec::Json::object().set("dropped", dropped));
}

}  // namespace

int drop(Context& context, const DropOptions& options) {
    // Nobody waits while a human thinks: what they agreed to is looked up again.
    const std::vector<Removal> told = look_or_remove(context, options, nullptr);
    if (!options.yes && !agreed(context, consequences_of(told)))
        return static_cast<int>(ExitCode::usage);
    print_removals(context, look_or_remove(context, options, &told));
    return 0;
}

void add_drop(CLI::App& program, Context& context) {
    auto options = std::make_shared<DropOptions>();
    CLI::App* command =
        program.add_subcommand("drop", "Drop statements or streams that were applied");
    command->add_option("name", options->names, "Names, as tidewheel plan shows them")
        ->required()
        ->type_name("NAME");
    command->add_flag("--cascade", options->cascade,
                      "With a stream, drop the statements that read it");
    command->add_flag("--yes", options->yes, "Don't ask");
    command->footer(
        "A view goes with its state, and every statement with the dead letters that are its own; "
        "the table of an INSERT stays, and so does the topic. One transaction.\n"
        "A stream's name without a schema means the one that the search path finds.\n\n"
        "Example:\n  tidewheel drop sales_hourly");
    command->callback([&context, options] {
        context.action = [&context, options] { return drop(context, *options); };
    });
}

}  // namespace tidewheel::cli
