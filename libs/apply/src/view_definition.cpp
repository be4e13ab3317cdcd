#include "tidewheel/apply/view_definition.hpp"

#include <algorithm>
#include <array>

#include "error_location.hpp"
#include "tidewheel/apply/relation_replacement.hpp"
#include "tidewheel/catalogue/state_table.hpp"

namespace tidewheel::apply {
namespace {

using postgres::quote_name;
using postgres::Transaction;

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1

bool adds_floats(const sql::Partial& partial, const ResultColumn& column) {
    constexpr std::array added{"real", "double precision", "double precision[]"};
    return sql::form_of(partial.merge).counts_repeats && std::ranges::count(added, column.type);
}

std::vector<std::string> float_warnings(Transaction& transaction, const sql::ViewStatement& view,
                                        const std::string& state_table) {
    std::vector<std::string> warnings;
    for (const ResultColumn& column : columns_of(transaction, state_table))
        for (const sql::Partial& partial : view.partials)
            if (partial.column == column.name && adds_floats(partial, column))
                warnings.push_back(
                    partial.expression +
                    " adds floating-point values: its last digits depend on the "
                    "order of the records" +
                    (partial.merge == sql::Merge::pair_moments ? "" : "; numeric avoids that"));
    return warnings;
}

}  // namespace

std::string state_table_name(const std::string& statement, int id) {
    const std::string name = "state_" + statement;
    return "tidewheel." +
           quote_name(name.size() <= longest_name ? name : "state_" + std::to_string(id));
}

std::string cast_to(const std::vector<ResultColumn>& columns, const std::string& select) {
    std::string names, casts;
    for (const ResultColumn& column : columns) {
        const std::string comma = names.empty() ? "" : ", ";
        names += comma + quote_name(column.name);
        casts += comma + "CAST(f." + quote_name(column.name) + " AS " + column.type + ") AS " +
                 quote_name(column.name);
    }
    return "SELECT " + casts + " FROM (" + select + ") f (" + names + ")";
}

std::string basis_of(Transaction& transaction, int view) {
    const auto rows = transaction.query(
        "SELECT s.fingerprint || ' ' || s.state_table || ' ' || t.fingerprint FROM "
        "tidewheel.statements s JOIN tidewheel.streams t ON t.id = s.stream_id WHERE s.id = $1",
        {std::to_string(view)});
    return rows.empty() ? "" : rows[0].text(0);
}

std::vector<ResultColumn> defined_columns(Transaction& transaction,
                                          const catalogue::StoredStream& stream,
                                          const catalogue::StoredStatement& stored) {
    std::vector<ResultColumn> columns;
    std::string names;
    for (const std::string& name :
         std::get<sql::ViewStatement>(stored.statement.body).output_columns)
        names += (names.empty() ? " (" : ", ") + quote_name(name);
    in_scratch(transaction, [&] {
        transaction.run("SET LOCAL search_path = " + stored.search_path);
        open_stage(transaction, stream);
        transaction.run("CREATE TEMP VIEW tidewheel_definition" +
                        (names.empty() ? "" : names + ")") + " AS " + stored.statement.select);
        columns = columns_of(transaction, "pg_temp.tidewheel_definition");
    });
    return columns;
}

ViewDefinition changed_definition(Transaction& transaction, const PipelineFiles& files,
                                  catalogue::StoredStatement& stored,
                                  const std::vector<sql::Stream>& streams) {
    const std::string view = std::get<sql::ViewStatement>(stored.statement.body).name.quoted();
    ViewDefinition definition;
    blame(files, stored.statement, "", [&] {
        in_scratch(transaction, [&] {
            transaction.run("ALTER VIEW " + view + " RENAME TO tidewheel_replaced");
            definition.columns = check_view(transaction, files, stored.statement);
        });
    });
    settle_names(transaction, files, stored, streams);
    definition.stored = stored;
    return definition;
}

ViewDefinition present_definition(Transaction& transaction, const PipelineFiles& files,
                                  const catalogue::StoredStream& stream,
                                  const catalogue::StoredStatement& stored) {
    return {stored,
            blame(files, stored.statement, "",
                  [&] { return defined_columns(transaction, stream, stored); }),
            ""};
}

bool keeps_columns(Transaction& transaction, const ViewDefinition& definition) {
    const std::vector<ResultColumn> before = columns_of(
        transaction, std::get<sql::ViewStatement>(definition.stored.statement.body).name.quoted());
    return before.size() <= definition.columns.size() &&
           std::equal(before.begin(), before.end(), definition.columns.begin());
}

void point_at(Transaction& transaction, const ViewDefinition& definition,
              const std::string& state_table) {
    const auto& view = std::get<sql::ViewStatement>(definition.stored.statement.body);
    const std::string name = view.name.quoted();
    const std::string body = "VIEW " + name + options_of(transaction, name) + " AS " +
                             cast_to(definition.columns, view.finish(state_table));
    transaction.run("SET LOCAL search_path = " + definition.stored.search_path);
    if (keeps_columns(transaction, definition))
        transaction.run("CREATE OR REPLACE " + body);
    else
        recreate(transaction, "VIEW", view.name, "CREATE " + body);
}

void create_state(Transaction& transaction, const catalogue::StoredStream& stream,
                  const catalogue::StoredStatement& stored) {
    transaction.run("SET LOCAL search_path = " + stored.search_path);
    open_stage(transaction, stream);
    for (const std::string& ddl : catalogue::state_ddl(
             std::get<sql::ViewStatement>(stored.statement.body), stored.state_table))
        transaction.run(ddl);
    close_stage(transaction);
}

bool has_right_state(Transaction& transaction, const catalogue::StoredStream& stream,
                     const catalogue::StoredStatement& stored) {
    catalogue::StoredStatement trial = stored;
    trial.state_table = "tidewheel.tidewheel_trial";
    bool is_right = false;
    in_scratch(transaction, [&] {
        create_state(transaction, stream, trial);
        is_right = columns_of(transaction, trial.state_table) ==
                   columns_of(transaction, stored.state_table);
    });
    return is_right;
}

namespace {

// PostgreSQL looks for the hash functions of the keys' types only when it needs them.
std::string group_trial(const sql::ViewStatement& view, const std::string& state_table) {
    if (view.kept.empty() || view.keys.empty()) return "SELECT";
    std::string keys;
    for (const std::string& key : catalogue::key_columns(view))
        keys += (keys.empty() ? "s." : ", s.") + key;
    return "SELECT pg_catalog.hash_record_extended(ROW(" + keys +
           "), 0) FROM (VALUES (1)) one (n) LEFT JOIN " + state_table + " s ON true";
}

}  // namespace

std::vector<std::string> create_view(Transaction& transaction, const PipelineFiles& files,
                                     const catalogue::StoredStream& stream,
                                     const catalogue::StoredStatement& stored,
                                     const std::vector<ResultColumn>& columns,
                                     std::vector<const catalogue::StoredStatement*> others) {
    const auto& view = std::get<sql::ViewStatement>(stored.statement.body);
    std::string executed;
    blame(files, stored.statement, executed, [&] {
        open_stage(transaction, stream);
        for (const std::string& ddl : catalogue::state_ddl(view, stored.state_table))
            transaction.run(executed = ddl);
        transaction.run(executed = "CREATE VIEW " + view.name.quoted() + " AS " +
                                   cast_to(columns, view.finish(stored.state_table)));
        transaction.run(executed = group_trial(view, stored.state_table));
        check_passes(transaction, files, stored.statement, {&stored});
        if (!others.empty()) {
            others.push_back(&stored);
            check_passes(transaction, files, stored.statement, others);
        }
        close_stage(transaction);
    });
    return float_warnings(transaction, view, stored.state_table);
}

}  // namespace tidewheel::apply
