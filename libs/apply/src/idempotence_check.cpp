#include "tidewheel/apply/idempotence_check.hpp"

#include "error_location.hpp"
#include "tidewheel/apply/type_check.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/executor/insert_target.hpp"

namespace tidewheel::apply {
namespace {

using postgres::Transaction;

// The table's unique indexes, and why each would let a row in a second time. NULL: it would not.
// (A NULL is unequal to itself; a column that the INSERT doesn't fill is new each time.)
constexpr auto unique_indexes =
    "SELECT i.indexrelid::regclass, CASE WHEN NOT i.indisvalid THEN 'it is not valid' "
    "WHEN NOT i.indimmediate THEN 'it is deferrable' "
    "WHEN i.indpred IS NOT NULL THEN 'it holds only a part of the rows' "
    "WHEN i.indexprs IS NOT NULL THEN 'it is over an expression' "
    "ELSE (SELECT CASE WHEN a.attname = ANY ($2::text[]) THEN a.attname || ' may be NULL' "
    "ELSE 'the INSERT doesn''t fill ' || a.attname END FROM pg_attribute a WHERE a.attrelid = "
    "i.indrelid AND a.attnum = ANY (k.columns) AND NOT (a.attnotnull AND a.attname = ANY "
    "($2::text[])) ORDER BY a.attnum LIMIT 1) END "
    "FROM pg_index i CROSS JOIN LATERAL (SELECT array_agg(c.number) AS columns FROM "
    "unnest(i.indkey) WITH ORDINALITY c(number, place) WHERE c.place <= i.indnkeyatts) k "
    "WHERE i.indisunique AND i.indrelid = $1::regclass";

// Only those over just the columns $3.
constexpr auto of_these_columns =
    " AND (SELECT array_agg(a.attname::text) @> $3::text[] AND array_agg(a.attname::text) <@ "
    "$3::text[] FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (k.columns))";

postgres::Rows indexes_behind(Transaction& transaction, const sql::RowStatement& rows) {
    const executor::InsertTarget target = executor::resolve_target(transaction, rows);
    std::vector<std::string> filled;
    for (const executor::TargetColumn& column : target.columns)
        filled.push_back(column.name);
    std::vector<postgres::Parameter> parameters{rows.target.quoted(), postgres::text_array(filled)};
    if (rows.conflict_clause == "ON CONFLICT DO NOTHING")
        return transaction.query(unique_indexes, parameters);
    parameters.emplace_back(postgres::text_array(target.conflict_key));
    return transaction.query(std::string(unique_indexes) + of_these_columns, parameters);
}

std::string why_no_index_helps(Transaction& transaction, const sql::RowStatement& rows) {
    std::vector<std::string> reasons;
    for (const postgres::Row& row : indexes_behind(transaction, rows)) {
        if (row.is_null(1)) return "";
        reasons.push_back(row.text(0) + ": " + row.text(1));
    }
    if (reasons.empty())
        return rows.target.text() + " has no unique index that ON CONFLICT could use";
    return "its ON CONFLICT does not prevent it: " + joined(reasons, "; ");
}

}  // namespace

std::string why_not_idempotent(Transaction& transaction, const catalogue::StoredStream& stream,
                               const catalogue::StoredStatement& stored) {
    const auto& rows = std::get<sql::RowStatement>(stored.statement.body);
    if (rows.merge) return "it is a MERGE, whose records change what later ones have left";
    if (rows.on_conflict == sql::OnConflict::none) return "it has no ON CONFLICT";
    if (rows.on_conflict == sql::OnConflict::update && !rows.replaced_columns)
        return "its DO UPDATE does not simply replace the stored row";
    std::string why;
    in_scratch(transaction, [&] {
        transaction.run("SET LOCAL search_path = " + stored.search_path);
        open_stage(transaction, stream);
        why = why_no_index_helps(transaction, rows);
    });
    return why;
}

}  // namespace tidewheel::apply
