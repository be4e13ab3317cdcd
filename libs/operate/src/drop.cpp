#include "tidewheel/operate/drop.hpp"

#include <algorithm>

#include "tidewheel/apply/view_index.hpp"
#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/change_slot.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/operate/shadow_view.hpp"
#include "tidewheel/sql/topic_target.hpp"

namespace tidewheel::operate {
namespace {

using postgres::Transaction;

Removal remove_statement(const catalogue::AppliedStatement& statement) {
    const auto forget = [id = statement.id](Transaction& transaction) {
        catalogue::forget_statement(transaction, id);
    };
    if (!statement.is_view)
        return {statement.name,
                "rows " + statement.name +
                    ": removes the statement, its progress and its own dead letters; table " +
                    statement.target.text() + " is kept",
                {},
                forget};
    return {statement.name,
            "view " + statement.name + ": drops the view " + statement.target.text() +
                ", its state table " + statement.state_table + " and its own dead letters",
            {"DROP VIEW IF EXISTS " + statement.target.quoted(),
             "DROP TABLE IF EXISTS " + statement.state_table},
            forget,
            statement.id};
}

Removal remove_stream(const catalogue::AppliedStream& stream, bool has_changes) {
    Removal removal{
        stream.name.text(),
        "stream " + stream.name.text() + ": drops it and its dead letters; topic " + stream.topic +
            " is kept",
        {std::string(stream.is_foreign ? "DROP FOREIGN TABLE IF EXISTS "
                                       : "DROP TABLE IF EXISTS ") +
             stream.name.quoted(),
         catalogue::drop_outbox(sql::outbox_of(stream.name))},
        [id = stream.id](Transaction& transaction) { catalogue::forget_stream(transaction, id); }};
    if (has_changes) {
        const std::string publication = catalogue::publication_of(stream.name);
        removal.what += "; publication " + publication + " and its replication slot are dropped";
        removal.ddl.push_back("DROP PUBLICATION IF EXISTS " + postgres::quote_name(publication));
        removal.changes = stream.id;
    }
    return removal;
}

// We drop an index on a view ourselves: it is on the state table, under a name of ours.
Removal remove_object(const catalogue::AppliedObject& object,
                      const catalogue::CatalogueRows& catalogue_rows) {
    const auto forget = [name = object.object](Transaction& transaction) {
        catalogue::forget_object(transaction, name);
    };
    for (const catalogue::AppliedStatement& view : catalogue_rows.statements)
        if (view.id == object.view)
            return {object.object,
                    object.object + ": drops the index of view " + view.name,
                    {apply::drop_view_index(view.state_table, object.object)},
                    forget};
    return {object.object,
            object.object +
                ": removes it from the catalogue, so that apply runs it again; DROP it yourself",
            {},
            forget};
}

Removal remove_sink(const catalogue::AppliedObject& object, const sql::RelationName& name) {
    return {object.object,
            object.object + ": drops it, with the rows that have not been delivered",
            {catalogue::drop_outbox(name)},
            [forgotten = object.object](Transaction& transaction) {
                catalogue::forget_object(transaction, forgotten);
            }};
}

class Selection {
  public:
    Selection(const catalogue::CatalogueRows& catalogue_rows, bool cascade)
        : catalogue_rows_(catalogue_rows), cascade_(cascade) {}

    void add(const std::string& name) {
        if (const catalogue::AppliedStatement* statement = catalogue_rows_.given_statement(name))
            return add(remove_statement(*statement));
        if (const catalogue::AppliedStream* stream = catalogue_rows_.given_stream(name))
            return add_stream(*stream);
        if (const catalogue::AppliedObject* sink = catalogue_rows_.given_sink(name))
            return add_sink(*sink);
        for (const catalogue::AppliedObject& object : catalogue_rows_.objects)
            if (object.object == name) return add(remove_object(object, catalogue_rows_));
        throw Error(Error::Kind::setting, "nothing named " + name + " was applied",
                    "tidewheel plan lists what was applied.");
    }

    const std::vector<Removal>& removals() const { return removals_; }

  private:
    void add_sink(const catalogue::AppliedObject& sink) {
        const sql::RelationName name = catalogue::sink_of(sink).value();
        std::string writers;
        for (const catalogue::AppliedStatement& statement : catalogue_rows_.statements) {
            if (statement.target != name || chosen(statement.name)) continue;
            writers += (writers.empty() ? "" : ", ") + statement.name;
            if (cascade_) add(remove_statement(statement));
        }
        if (!cascade_ && !writers.empty())
            throw Error(Error::Kind::pipeline, sink.object + " is written to by " + writers,
                        "--cascade drops them as well.");
        add(remove_sink(sink, name));
    }

    void add_stream(const catalogue::AppliedStream& stream) {
        std::string readers, writers;
        for (const catalogue::AppliedStatement& statement : catalogue_rows_.statements) {
            const bool writes = statement.target == sql::outbox_of(stream.name);
            if ((statement.stream_id != stream.id && !writes) || chosen(statement.name)) continue;
            std::string& list = writes ? writers : readers;
            list += (list.empty() ? "" : ", ") + statement.name;
            if (cascade_) add(remove_statement(statement));
        }
        const std::string users = (readers.empty() ? "" : "read by " + readers) +
                                  (readers.empty() || writers.empty() ? "" : " and ") +
                                  (writers.empty() ? "" : "written to by " + writers);
        if (!cascade_ && !users.empty())
            throw Error(Error::Kind::pipeline, "stream " + stream.name.text() + " is " + users,
                        "--cascade drops them as well.");
        add(remove_stream(stream, has_changes(stream)));
    }

    bool has_changes(const catalogue::AppliedStream& stream) const {
        const std::vector<sql::Stream> declared = catalogue::declared_streams(catalogue_rows_);
        return std::ranges::any_of(declared, [&](const sql::Stream& each) {
            return each.name == stream.name && each.changes_of;
        });
    }

    bool chosen(const std::string& name) const {
        return std::any_of(removals_.begin(), removals_.end(),
                           [&](const Removal& removal) { return removal.name == name; });
    }

    void add(Removal removal) {
        if (!chosen(removal.name)) removals_.push_back(std::move(removal));
    }

    const catalogue::CatalogueRows& catalogue_rows_;
    bool cascade_;
    std::vector<Removal> removals_;
};

// Less may be dropped than what was confirmed, but not more.
void require_told(const std::vector<Removal>& removals, const std::vector<Removal>& told) {
    for (const Removal& removal : removals)
        if (std::none_of(told.begin(), told.end(),
                         [&](const Removal& each) { return each.what == removal.what; }))
            throw Error(Error::Kind::unavailable,
                        removal.name + " was changed in the meantime, and would also be dropped",
                        "Run the command again.");
}

// told: what a user has confirmed; nullptr: only look.
std::vector<Removal> look_or_remove(const catalogue::Database& database, const DropRequest& request,
                                    const std::vector<Removal>* told) {
    std::vector<Removal> removals;
    catalogue::change_what_runs(
        database, [&](Transaction& transaction, const catalogue::CatalogueRows& catalogue_rows) {
            Selection selection(catalogue_rows, request.cascade);
            for (const std::string& name : request.names)
                selection.add(name);
            removals = selection.removals();
            if (!told) return;
            require_told(removals, *told);
            catalogue::raise_version(transaction);
            for (const Removal& removal : removals) {
                if (removal.view != 0) drop_shadow(transaction, removal.view);
                for (const std::string& statement : removal.ddl)
                    transaction.run(statement);
                removal.forget(transaction);
            }
        });
    return removals;
}

// Not a part of any transaction. The services drop what an interruption leaves here.
void drop_slots(const catalogue::Database& database, const std::vector<Removal>& removals) {
    for (const Removal& removal : removals) {
        if (removal.changes == 0) continue;
        const auto connection = database.connect();
        catalogue::drop_slot(*connection, catalogue::slot_of(*connection, removal.changes));
    }
}

}  // namespace

std::vector<Removal> find_removals(const catalogue::Database& database,
                                   const DropRequest& request) {
    return look_or_remove(database, request, nullptr);
}

std::vector<Removal> drop(const catalogue::Database& database, const DropRequest& request,
                          const std::vector<Removal>& agreed) {
    std::vector<Removal> removed = look_or_remove(database, request, &agreed);
    drop_slots(database, removed);
    return removed;
}

}  // namespace tidewheel::operate
