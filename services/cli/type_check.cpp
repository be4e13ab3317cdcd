#include "cli/type_check.hpp"

#include <algorithm>

#include "cli/query_tree.hpp"
#include "cli/source_errors.hpp"
#include "tidewheel/postgres/pushdown.hpp"

namespace tidewheel::cli {
namespace {

using postgres::DatabaseError;
using postgres::Transaction;

[[noreturn]] void refuse(sql::Diagnostic diagnostic) {
    throw sql::PipelineError({std::move(diagnostic)});
}

// Functions and operators that a stored query tree calls. PostgreSQL keeps the tree of a view in
// pg_rewrite and that of a function in pg_proc; its text form names every function by OID.
std::string called_functions(const std::string& tree, const std::string& which) {
    return "SELECT DISTINCT p.proname::text FROM (" + tree +
           ") t(tree), regexp_matches(t.tree, ':(funcid|opfuncid|opno|aggfnoid) (\\d+)', 'g') m "
           "JOIN pg_proc p ON p.oid = CASE m[1] WHEN 'opno' THEN (SELECT oprcode::oid FROM "
           "pg_operator WHERE oid = m[2]::oid) "
           "ELSE m[2]::oid END WHERE " +
           which + " ORDER BY 1";
}

void refuse_volatile(Transaction& transaction, const PipelineFiles& files,
                     const sql::Statement& statement, const std::string& tree) {
    for (const auto& row : transaction.query(called_functions(tree, "p.provolatile = 'v'")))
        refuse(diagnostic_at_word(
            files, statement, row.text(0),
            row.text(0) + "() is volatile: no replay could repeat what it returned",
            "use a value of the record, or declare your own function STABLE or IMMUTABLE if it "
            "is"));
}

// A view's groups have no record of their own whose timestamp could stand in for the time of day.
void refuse_current_time(Transaction& transaction, const PipelineFiles& files,
                         const sql::Statement& statement, const std::string& tree) {
    const std::string hint = "use the event time or a column with OPTIONS (timestamp 'true')";
    for (const auto& row :
         transaction.query(called_functions(tree,
                                            "p.pronamespace = 'pg_catalog'::regnamespace AND "
                                            "p.proname IN ('now', 'transaction_timestamp', "
                                            "'statement_timestamp')")))
        refuse(diagnostic_at_word(files, statement, row.text(0),
                                  row.text(0) + "() in a view would change with every batch",
                                  hint));
    if (transaction.query("SELECT tree ~ '\\{SQLVALUEFUNCTION' FROM (" + tree + ") t(tree)")[0]
            .boolean(0))
        refuse(diagnostic_at(files, statement, 0,
                             "CURRENT_DATE, CURRENT_TIMESTAMP, CURRENT_USER and their like would "
                             "change a view with every batch",
                             hint));
}

std::string relation_oid(Transaction& transaction, const sql::RelationName& name) {
    return transaction.query("SELECT $1::regclass::oid", {name.quoted()})[0].text(0);
}

// By PostgreSQL's own tree: it knows every aggregate, whoever declared it, and the SELECT whose
// rows an aggregate in a sub-select is over.
void refuse_batch_dependence(Transaction& transaction, const PipelineFiles& files,
                             const sql::Statement& statement, const sql::RelationName& stream,
                             const std::string& tree) {
    const std::string oid = relation_oid(transaction, stream);
    for (const QueryNode& query : queries_in(transaction.query(tree)[0].text(0)))
        if (query.is_select && query.reads(oid) && (query.has_aggregates || query.has_windows))
            refuse(diagnostic_at(
                files, statement, 0,
                std::string(query.has_aggregates ? "an aggregate" : "a window function") +
                    " over the rows of stream " + stream.text() +
                    " is not supported in a continuous INSERT: it would see one batch",
                "totals are a CREATE MATERIALIZED VIEW; an aggregate over the record's own data "
                "goes into a sub-select"));
}

// In one row of a pass for several views it would multiply the rows of all of them.
void refuse_target_sets(Transaction& transaction, const PipelineFiles& files,
                        const sql::Statement& statement, const std::string& tree) {
    if (!queries_in(transaction.query(tree)[0].text(0)).at(0).has_target_sets) return;
    const auto rows = transaction.query(called_functions(tree, "p.proretset"));
    refuse(diagnostic_at_word(
        files, statement, rows.empty() ? "" : rows[0].text(0),
        "a set-returning function in the SELECT list or GROUP BY of a continuous view",
        "put it into FROM: FROM the stream, LATERAL unnest(…) AS u (item)"));
}

constexpr auto function_head =
    "CREATE FUNCTION pg_temp.tidewheel_statement() RETURNS void LANGUAGE sql BEGIN ATOMIC\n";
constexpr auto function_tree =
    "SELECT prosqlbody::text FROM pg_proc WHERE oid = "
    "'pg_temp.tidewheel_statement()'::regprocedure";

// A function whose body is the statement: PostgreSQL resolves every name and type, and keeps the
// tree for us to look into.
void check_text(Transaction& transaction, const PipelineFiles& files,
                const sql::Statement& statement, const sql::RelationName& stream) {
    const std::string function = function_head + statement.text + "\n;END";
    try {
        transaction.run(function);
    } catch (const DatabaseError& error) {
        if (error.retryable()) throw;
        refuse(diagnostic_of(files, statement, error, function));
    }
    refuse_volatile(transaction, files, statement, function_tree);
    refuse_batch_dependence(transaction, files, statement, stream, function_tree);
}

// The scripts that the worker will run, over an empty batch.
void try_scripts(Transaction& transaction, const postgres::StoredStream& stream,
                 const postgres::StoredStatement& stored) {
    open_stage(transaction, stream);
    const auto& rows = std::get<sql::RowStatement>(stored.statement.body);
    const postgres::RowScript script =
        postgres::row_script(stored, postgres::resolve_target(transaction, rows));
    if (!script.setup.empty()) transaction.run(script.setup);
    if (!script.direct.empty()) return transaction.run("EXPLAIN " + script.direct);
    transaction.run(script.collect);
    transaction.run(script.last_round);
    transaction.run("EXPLAIN " + script.round_insert(0));
    transaction.run(script.discard);
}

bool says_with_data(const std::string& text) {
    std::string tail;
    for (const char byte : text)
        if (!std::isspace(static_cast<unsigned char>(byte)))
            tail += static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
    return tail.ends_with("WITHDATA") || tail.ends_with("WITHNODATA");
}

}  // namespace

void open_stage(Transaction& transaction, const postgres::StoredStream& stream) {
    transaction.run(postgres::stage_ddl(stream));
}

void close_stage(Transaction& transaction) {
    transaction.run(
        "DROP TABLE IF EXISTS pg_temp.tidewheel_batch CASCADE; DROP TABLE IF EXISTS "
        "pg_temp.tidewheel_shape CASCADE");
}

std::vector<ResultColumn> columns_of(Transaction& transaction, const std::string& relation) {
    std::vector<ResultColumn> columns;
    for (const auto& row : transaction.query(
             "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
             "$1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
             {relation}))
        columns.push_back({row.text(0), row.text(1)});
    return columns;
}

void check_rows(Transaction& transaction, const PipelineFiles& files,
                const postgres::StoredStream& stream, const postgres::StoredStatement& stored) {
    in_scratch(transaction, [&] {
        check_text(transaction, files, stored.statement, stream.stream.name);
        try {
            try_scripts(transaction, stream, stored);
        } catch (const DatabaseError& error) {
            if (error.retryable()) throw;
            refuse(diagnostic_at(files, stored.statement, 0, error.what(), error.hint()));
        }
    });
}

std::vector<ResultColumn> check_view(Transaction& transaction, const PipelineFiles& files,
                                     const sql::Statement& statement) {
    std::vector<ResultColumn> columns;
    const std::string name = std::get<sql::ViewStatement>(statement.body).name.quoted();
    const std::string ddl =
        statement.text + (says_with_data(statement.text) ? "" : "\nWITH NO DATA");
    in_scratch(transaction, [&] {
        try {
            transaction.run(ddl);
        } catch (const DatabaseError& error) {
            if (error.retryable()) throw;
            refuse(diagnostic_of(files, statement, error, ddl));
        }
        columns = columns_of(transaction, name);
        const std::string tree = "SELECT ev_action::text FROM pg_rewrite WHERE ev_class = " +
                                 postgres::quote_literal(name) + "::regclass";
        refuse_volatile(transaction, files, statement, tree);
        refuse_current_time(transaction, files, statement, tree);
        refuse_target_sets(transaction, files, statement, tree);
    });
    return columns;
}

void check_stream(Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement, const sql::RelationName& stream) {
    const std::string tree =
        "SELECT conbin::text FROM pg_constraint WHERE contype = 'c' AND conrelid = " +
        postgres::quote_literal(stream.quoted()) + "::regclass";
    const std::string what =
        " in a CHECK of a stream: whether a record is good may not depend on "
        "when or where it is read";
    const std::string hint =
        "compare with a constant; your own function can be declared IMMUTABLE if it is";
    for (const auto& row : transaction.query(called_functions(tree, "p.provolatile <> 'i'")))
        refuse(diagnostic_at_word(files, statement, row.text(0),
                                  row.text(0) + "(), which is not immutable," + what, hint));
    if (transaction
            .query("SELECT EXISTS (SELECT FROM (" + tree +
                   ") t(tree) WHERE t.tree ~ '\\{SQLVALUEFUNCTION')")[0]
            .boolean(0))
        refuse(diagnostic_at(files, statement, 0, "CURRENT_USER or one of its like" + what, hint));
}

void check_passes(Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement,
                  const std::vector<const postgres::StoredStatement*>& views) {
    try {
        for (const auto& pass : postgres::share_passes(views)) {
            transaction.run("SET LOCAL search_path = " + pass.front()->search_path);
            transaction.run("EXPLAIN " + postgres::view_script(pass));
        }
    } catch (const DatabaseError& error) {
        if (error.retryable()) throw;
        refuse(diagnostic_at(files, statement, 0, error.what(), error.hint()));
    }
}

}  // namespace tidewheel::cli
