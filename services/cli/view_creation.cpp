#include "cli/view_creation.hpp"

#include <algorithm>

#include "cli/relation.hpp"
#include "cli/source_errors.hpp"
#include "tidewheel/postgres/pushdown.hpp"

namespace tidewheel::cli {
namespace {

using postgres::quote_name;
using postgres::Transaction;

constexpr std::size_t longest_name = 63;  // NAMEDATALEN - 1

// Merging can widen a type (a sum of sums of bigint is numeric); users see the definition's own.
void cast_to_definition(Transaction& transaction, const sql::ViewStatement& view,
                        const std::string& state_table,
                        const std::vector<ResultColumn>& definition) {
    transaction.run("DROP VIEW " + view.name.quoted());
    transaction.run("CREATE VIEW " + view.name.quoted() + " AS " +
                    cast_to(definition, view.finish(state_table)));
}

std::vector<std::string> float_warnings(Transaction& transaction, const sql::ViewStatement& view,
                                        const std::string& state_table) {
    std::vector<std::string> warnings;
    for (const ResultColumn& column : columns_of(transaction, state_table))
        for (const sql::Partial& partial : view.partials)
            if (partial.column == column.name && partial.merge == sql::Merge::add &&
                (column.type == "real" || column.type == "double precision"))
                warnings.push_back(partial.expression + " adds " + column.type +
                                   " values: its last digits depend on the order of the records; "
                                   "numeric would not");
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
                                          const postgres::StoredStream& stream,
                                          const postgres::StoredStatement& stored) {
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
        make_anew(transaction, "VIEW", view.name, "CREATE " + body);
}

void create_state(Transaction& transaction, const postgres::StoredStream& stream,
                  const postgres::StoredStatement& stored) {
    transaction.run("SET LOCAL search_path = " + stored.search_path);
    open_stage(transaction, stream);
    for (const std::string& ddl : postgres::state_ddl(
             std::get<sql::ViewStatement>(stored.statement.body), stored.state_table))
        transaction.run(ddl);
    close_stage(transaction);
}

bool has_right_state(Transaction& transaction, const postgres::StoredStream& stream,
                     const postgres::StoredStatement& stored) {
    postgres::StoredStatement trial = stored;
    trial.state_table = "tidewheel.tidewheel_trial";
    bool is_right = false;
    in_scratch(transaction, [&] {
        create_state(transaction, stream, trial);
        is_right = columns_of(transaction, trial.state_table) ==
                   columns_of(transaction, stored.state_table);
    });
    return is_right;
}

std::vector<std::string> create_view(Transaction& transaction, const PipelineFiles& files,
                                     const postgres::StoredStream& stream,
                                     const postgres::StoredStatement& stored,
                                     std::vector<const postgres::StoredStatement*> others) {
    const auto& view = std::get<sql::ViewStatement>(stored.statement.body);
    const std::vector<ResultColumn> definition = check_view(transaction, files, stored.statement);
    std::string executed;
    try {
        open_stage(transaction, stream);
        for (const std::string& ddl : postgres::state_ddl(view, stored.state_table))
            transaction.run(executed = ddl);
        transaction.run(executed = postgres::view_ddl(view, stored.state_table));
        if (columns_of(transaction, view.name.quoted()) != definition)
            cast_to_definition(transaction, view, stored.state_table, definition);
        check_passes(transaction, files, stored.statement, {&stored});
        if (!others.empty()) {
            others.push_back(&stored);
            check_passes(transaction, files, stored.statement, others);
        }
        close_stage(transaction);
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        throw sql::PipelineError({diagnostic_of(files, stored.statement, error, executed)});
    }
    return float_warnings(transaction, view, stored.state_table);
}

}  // namespace tidewheel::cli
