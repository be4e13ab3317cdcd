#include "unknown_names.hpp"

#include <algorithm>
#include <regex>

#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::apply {
namespace {

using postgres::Row;
using postgres::Transaction;
using sql::Diagnostic;
using sql::Mention;

using postgres::sqlstate::duplicate_table;
using postgres::sqlstate::undefined_object;
using postgres::sqlstate::undefined_table;

std::string place(const sql::Position& position) {
    return position.file + ":" + std::to_string(position.line);
}

class Explainer {
  public:
    Explainer(Transaction& transaction, const PipelineFiles& files,
              const catalogue::CatalogueRows& catalogue_rows)
        : transaction_(transaction) {
        for (const PipelineFile& file : files.files)
            for (sql::DeclaredRelation& each : sql::relations_declared_in(file.text, file.path))
                declared_.push_back(std::move(each));
        for (const catalogue::AppliedStream& each : catalogue_rows.streams)
            known_.push_back(each.name.name);
        for (const sql::DeclaredRelation& each : declared_)
            if (each.is_stream) known_.push_back(each.name.name);
    }

    std::vector<Diagnostic> explain(const Diagnostic& told) {
        std::vector<Diagnostic> better;
        for (const Mention& mention : told.mentions)
            if (auto each = mention.what == Mention::What::relation ? of_relation(told, mention)
                                                                    : of_function(mention))
                better.push_back(std::move(*each));
        if (better.empty()) better.push_back(with_hint(told));
        return better;
    }

  private:
    bool asks(const std::string& question, const std::string& name) {
        return transaction_.query("SELECT " + question, {name})[0].boolean(0);
    }

    // If these files declare it, then further down: what comes before was known.
    std::optional<Diagnostic> of_relation(const Diagnostic& told, const Mention& mention) {
        const std::string name = bare(mention.name);
        for (const sql::DeclaredRelation& each : declared_) {
            if (each.name.quoted() != mention.name && each.name.name != name) continue;
            if (!each.is_stream) return {};
            return Diagnostic{mention.position,
                              "stream " + name + " is declared at " + place(each.position) +
                                  ", after this statement",
                              each.position.file == told.position.file
                                  ? "Put the declaration before the statement that reads it."
                                  : "Name the files in order: " + each.position.file + " " +
                                        told.position.file + ".",
                              mention.source_line};
        }
        if (asks("to_regclass($1) IS NOT NULL", mention.name)) return {};
        return Diagnostic{mention.position, "table or stream " + name + " does not exist",
                          hint_for_relation(name), mention.source_line};
    }

    std::optional<Diagnostic> of_function(const Mention& mention) {
        const std::string name = mention.name.substr(mention.name.rfind('.') + 1);
        if (asks("EXISTS (SELECT FROM pg_proc WHERE proname = $1)", name)) return {};
        const std::string near = sql::did_you_mean(name, sql::kept_aggregates());
        return Diagnostic{mention.position, "function " + mention.name + "() does not exist", near,
                          mention.source_line};
    }

    // PostgreSQL's message has the name in quotes.
    Diagnostic with_hint(Diagnostic told) {
        static const std::regex quoted("\"([^\"]+)\"");
        std::smatch match;
        if (!told.hint.empty() || !std::regex_search(told.what, match, quoted)) return told;
        const std::string name = match[1];
        if (told.sqlstate == undefined_table) told.hint = hint_for_relation(bare(name));
        if (told.sqlstate == undefined_object) told.hint = hint_for_type(name);
        if (told.sqlstate == duplicate_table) told.hint = hint_for_taken(name);
        return told;
    }

    // psql's search path begins with "$user", and a role may be named as the catalogue's schema is.
    std::string hint_for_relation(const std::string& name) {
        if (asks("EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relnamespace = "
                 "'tidewheel'::regnamespace)",
                 name))
            return moved("TABLE", name);
        return sql::did_you_mean(name, known_);
    }

    std::string hint_for_type(const std::string& name) {
        const auto rows = transaction_.query(
            "SELECT extname FROM pg_type t LEFT JOIN pg_depend d ON d.classid = "
            "'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' LEFT JOIN pg_extension e "
            "ON e.oid = d.refobjid WHERE t.typname = $1 AND t.typnamespace = "
            "'tidewheel'::regnamespace",
            {name});
        if (rows.empty()) return "";
        return rows[0].is_null(0) ? moved("TYPE", name) : moved("EXTENSION", rows[0].text(0));
    }

    std::string moved(const std::string& kind, const std::string& name) {
        const std::string quoted = sql::RelationName{"", name}.quoted();
        const std::string subject = kind == "EXTENSION" ? quoted : "tidewheel." + quoted;
        return name +
               " is in schema tidewheel, the catalogue's own, where pipelines do not look. Run "
               "ALTER " +
               kind + " " + subject + " SET SCHEMA public.";
    }

    // The relation that has the name already.
    std::string hint_for_taken(const std::string& name) {
        const auto rows = transaction_.query(
            "SELECT s.name FROM tidewheel.statements s WHERE s.kind = 'view' AND s.target_name = "
            "$1 "
            "UNION ALL SELECT format('%I.%I', t.schema_name, t.name) FROM tidewheel.streams t "
            "WHERE t.name = $1",
            {name});
        return "Give it another name, or remove the other: " +
               (rows.empty() ? "DROP it, if it is not needed."
                             : "run `tidewheel drop " + rows[0].text(0) + "`.");
    }

    static std::string bare(const std::string& name) {
        std::string last = name.substr(name.rfind('.') + 1);
        std::erase(last, '"');
        return last;
    }

    Transaction& transaction_;
    std::vector<sql::DeclaredRelation> declared_;
    std::vector<std::string> known_;
};

bool is_of(const Diagnostic& told, const std::vector<std::string_view>& states) {
    return std::any_of(states.begin(), states.end(),
                       [&](std::string_view state) { return told.sqlstate == state; });
}

}  // namespace

std::vector<Diagnostic> with_names_explained(Transaction& transaction, const PipelineFiles& files,
                                             const catalogue::CatalogueRows& catalogue_rows,
                                             const std::vector<Diagnostic>& told) {
    Explainer explainer(transaction, files, catalogue_rows);
    std::vector<Diagnostic> better;
    for (const Diagnostic& each : told) {
        const bool can_be_told_better =
            !each.mentions.empty() ||
            is_of(each, {undefined_table, undefined_object, duplicate_table});
        if (!can_be_told_better) {
            better.push_back(each);
            continue;
        }
        for (Diagnostic& more : explainer.explain(each))
            better.push_back(std::move(more));
    }
    return better;
}

}  // namespace tidewheel::apply
