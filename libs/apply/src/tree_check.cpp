#include "tree_check.hpp"

#include "error_location.hpp"
#include "node_tree.hpp"

namespace tidewheel::apply {
namespace {

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
            row.text(0) + "() is volatile: a replay could not repeat what it returned",
            "Use a value of the record, or declare your own function STABLE or IMMUTABLE if it "
            "is."));
}

// A view's groups have no record of their own whose timestamp could replace the current time.
void refuse_current_time(Transaction& transaction, const PipelineFiles& files,
                         const sql::Statement& statement, const std::string& tree) {
    const std::string hint = "Use the event time or a column with OPTIONS (timestamp 'true').";
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
                             "CURRENT_DATE, CURRENT_TIMESTAMP, CURRENT_USER and similar would "
                             "change a view with every batch",
                             hint));
}

std::string relation_oid(Transaction& transaction, const sql::RelationName& name) {
    return transaction.query("SELECT $1::regclass::oid", {name.quoted()})[0].text(0);
}

// By PostgreSQL's own tree: it knows every aggregate, users' own included, and the SELECT whose
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
                    " over the rows of stream " + stream.text() + " is not supported in " +
                    (std::holds_alternative<sql::ViewStatement>(statement.body)
                         ? "a continuous view of rows"
                         : "a continuous INSERT") +
                    ": it would see one batch",
                "Write a CREATE MATERIALIZED VIEW for totals; put an aggregate over the record's "
                "own data into a sub-select."));
}

// By its text alone, an aggregate of a user's own may be any function.
void refuse_hidden_aggregates(Transaction& transaction, const PipelineFiles& files,
                              const sql::Statement& statement, const std::string& tree) {
    const QueryNode query = queries_in(transaction.query(tree)[0].text(0)).at(0);
    const auto& view = std::get<sql::ViewStatement>(statement.body);
    if (query.aggregates.size() > view.aggregates)
        for (const auto& row : transaction.query(
                 "SELECT proname FROM pg_proc WHERE oid = ANY ($1::oid[]) AND pronamespace <> "
                 "'pg_catalog'::regnamespace ORDER BY 1",
                 {postgres::text_array(query.aggregates)}))
            refuse(
                diagnostic_at_word(files, statement, row.text(0),
                                   row.text(0) + "() is an aggregate, which its text doesn't say",
                                   "Write " + row.text(0) + "(…) FILTER (WHERE true)."));
}

// In one row of a pass for several views it would multiply the rows of all of them.
void refuse_target_sets(Transaction& transaction, const PipelineFiles& files,
                        const sql::Statement& statement, const std::string& tree) {
    if (!queries_in(transaction.query(tree)[0].text(0)).at(0).has_target_sets) return;
    const auto rows = transaction.query(called_functions(tree, "p.proretset"));
    refuse(diagnostic_at_word(files, statement, rows.empty() ? "" : rows[0].text(0),
                              "a set-returning function is not supported in the SELECT list or "
                              "GROUP BY of a continuous view",
                              "Put it into FROM: FROM the stream, LATERAL unnest(…) AS u (item)."));
}

}  // namespace

void check_row_tree(Transaction& transaction, const PipelineFiles& files,
                    const sql::Statement& statement, const sql::RelationName& stream,
                    const std::string& tree) {
    refuse_volatile(transaction, files, statement, tree);
    refuse_batch_dependence(transaction, files, statement, stream, tree);
}

void check_view_tree(Transaction& transaction, const PipelineFiles& files,
                     const sql::Statement& statement, const std::string& tree) {
    refuse_volatile(transaction, files, statement, tree);
    refuse_hidden_aggregates(transaction, files, statement, tree);
    if (std::get<sql::ViewStatement>(statement.body).rows)
        return refuse_batch_dependence(transaction, files, statement, *statement.stream, tree);
    refuse_current_time(transaction, files, statement, tree);
    refuse_target_sets(transaction, files, statement, tree);
}

void check_constraint_tree(Transaction& transaction, const PipelineFiles& files,
                           const sql::Statement& statement, const std::string& tree) {
    const std::string what =
        " is not allowed in a CHECK of a stream: whether a record is valid "
        "may not depend on when or where it is read";
    const std::string hint =
        "Compare with a constant; declare your own function IMMUTABLE if it is.";
    for (const auto& row : transaction.query(called_functions(tree, "p.provolatile <> 'i'")))
        refuse(diagnostic_at_word(files, statement, row.text(0),
                                  row.text(0) + "(), which is not immutable," + what, hint));
    if (transaction
            .query("SELECT EXISTS (SELECT FROM (" + tree +
                   ") t(tree) WHERE t.tree ~ '\\{SQLVALUEFUNCTION')")[0]
            .boolean(0))
        refuse(
            diagnostic_at(files, statement, 0, "CURRENT_USER or a similar function" + what, hint));
}

}  // namespace tidewheel::apply
