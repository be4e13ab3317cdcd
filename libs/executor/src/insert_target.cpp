#include "tidewheel/executor/insert_target.hpp"

#include <algorithm>

#include "merge_target.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {
namespace {

std::string regclass(const sql::RelationName& name) {
    return postgres::quote_literal(name.quoted()) + "::regclass";
}

std::vector<TargetColumn> all_columns(postgres::Transaction& transaction,
                                      const sql::RelationName& table) {
    std::vector<TargetColumn> columns;
    const postgres::Rows rows = transaction.query(
        "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE "
        "attrelid = " +
        regclass(table) +
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum");
    for (const postgres::Row& row : rows)
        columns.push_back({row.text(0), row.text(1), row.boolean(2)});
    return columns;
}

// The columns of the INSERT: those it names, or the table's first ones, as many as the SELECT
// yields.
std::vector<TargetColumn> filled_columns(postgres::Transaction& transaction,
                                         const sql::RowStatement& statement) {
    std::vector<TargetColumn> all = all_columns(transaction, statement.target);
    if (statement.target_columns.empty()) {
        const std::size_t width =
            transaction.query("SELECT * FROM (" + statement.record_select + ") q LIMIT 0")
                .columns.size() -
            1;
        if (width < all.size()) all.resize(width);
        return all;
    }
    std::vector<TargetColumn> filled;
    for (const std::string& name : statement.target_columns) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& column) { return column.name == name; });
        if (found != all.end()) filled.push_back(*found);
    }
    return filled;
}

// The table's rules for a row; with a partitioned table, those of all its partitions.
struct Rules {
    bool watched;     // something but CHECKs and one unique index may see a row, or refuse it
    bool has_checks;  // as InsertTarget::has_checks
    bool one_index;   // of those that a row may conflict with
};
Rules rules_of(postgres::Transaction& transaction, const sql::RelationName& table) {
    const postgres::Row row = transaction
                                  .query(R"(
WITH part AS (SELECT $1::regclass AS oid UNION SELECT relid FROM pg_partition_tree($1::regclass)),
     own AS (SELECT FROM part JOIN pg_constraint c ON c.conrelid = part.oid
             WHERE c.contype = 'c' AND c.coninhcount = 0 AND part.oid <> $1::regclass
             UNION ALL
             SELECT FROM part JOIN pg_attribute a ON a.attrelid = part.oid
             JOIN pg_attribute p ON p.attrelid = $1::regclass AND p.attname = a.attname
             WHERE a.attnum > 0 AND a.attnotnull AND NOT p.attnotnull)
SELECT bounded OR EXISTS (SELECT FROM own)
    OR EXISTS (SELECT FROM part JOIN pg_trigger t ON t.tgrelid = part.oid AND NOT t.tgisinternal)
    OR EXISTS (SELECT FROM part JOIN pg_constraint c ON c.conrelid = part.oid AND c.contype IN ('f', 'x'))
    OR NOT one_index,
    bounded OR EXISTS (SELECT FROM own)
    OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c')
    OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND attgenerated <> ''),
    one_index
FROM (SELECT (SELECT relispartition FROM pg_class WHERE oid = $1::regclass) AS bounded,
             (SELECT count(*) FROM part JOIN pg_index i ON i.indrelid = part.oid
              WHERE i.indisunique OR i.indisexclusion) = (SELECT count(*) FROM part) AS one_index) table_itself)",
                                         {table.quoted()})
                                  .at(0);
    return {row.boolean(0), row.boolean(1), row.boolean(2)};
}

// ON CONFLICT DO NOTHING without a target goes by every unique index, so there must be only one.
std::vector<std::string> only_unique_key(postgres::Transaction& transaction,
                                         const sql::RelationName& table) {
    std::vector<std::string> key;
    for (const postgres::Row& row : transaction.query(
             "SELECT a.attname FROM (SELECT i.* FROM pg_index i WHERE i.indrelid = " +
             regclass(table) +
             " AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND "
             "i.indexprs IS NULL) i JOIN "
             "pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY "
             "((i.indkey::smallint[])[0:i.indnkeyatts - 1]) ORDER BY a.attnum"))
        key.push_back(row.text(0));
    return key;
}

std::vector<std::string> conflict_key(postgres::Transaction& transaction,
                                      const sql::RowStatement& statement, const Rules& rules) {
    if (statement.on_conflict == sql::OnConflict::nothing && !statement.has_conflict_target)
        return rules.one_index ? only_unique_key(transaction, statement.target)
                               : std::vector<std::string>();
    if (statement.conflict_is_plain) return statement.conflict_columns;
    if (statement.conflict_constraint.empty()) return {};
    std::vector<std::string> key;
    const postgres::Rows rows = transaction.query(
        "SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND "
        "a.attnum = ANY (c.conkey)"
        " WHERE c.contype IN ('p', 'u') AND c.conname = $1 AND c.conrelid = " +
            regclass(statement.target),
        {statement.conflict_constraint});
    for (const postgres::Row& row : rows)
        key.push_back(row.text(0));
    return key;
}

// A NULL in the key never conflicts, so every such row counts.
bool never_null(postgres::Transaction& transaction, const sql::RelationName& table,
                const std::vector<std::string>& key) {
    std::vector<postgres::Parameter> names(key.begin(), key.end());
    return transaction
               .query(
                   "SELECT count(*) FROM pg_attribute WHERE NOT attnotnull AND attname = ANY "
                   "($1::text[]) AND attrelid = " +
                       regclass(table),
                   {postgres::array_literal(names)})
               .at(0)
               .integer(0) == 0;
}

// Whether equal keys are the same in every digit, as PostgreSQL says of the unique index: 1.0 and
// 1.00 are equal. There is only one such index.
bool equal_is_same(postgres::Transaction& transaction, const sql::RelationName& table) {
    return transaction
        .query(R"(
SELECT bool_and(EXISTS (SELECT FROM pg_opclass o JOIN pg_amproc p ON p.amprocfamily = o.opcfamily
                        AND p.amproclefttype = o.opcintype AND p.amprocrighttype = o.opcintype
                        WHERE o.oid = k.opclass AND p.amprocnum = 4) -- equalimage
                AND NOT EXISTS (SELECT FROM pg_collation c WHERE c.oid = k.coll AND NOT c.collisdeterministic))
FROM pg_index i, unnest(i.indclass::oid[], i.indcollation::oid[]) AS k (opclass, coll)
WHERE i.indrelid = $1::regclass AND i.indisunique)",
               {table.quoted()})
        .at(0)
        .boolean(0);
}

bool last_wins(postgres::Transaction& transaction, const sql::RowStatement& statement,
               const InsertTarget& target, const Rules& rules) {
    if (!statement.replaced_columns || target.conflict_key.empty() || rules.watched) return false;
    const bool same_key = equal_is_same(transaction, statement.target);
    const auto replaced = [&](const std::string& name) {
        return std::count(statement.replaced_columns->begin(), statement.replaced_columns->end(),
                          name) ||
               (same_key &&
                std::count(target.conflict_key.begin(), target.conflict_key.end(), name));
    };
    const bool all_replaced =
        std::all_of(target.columns.begin(), target.columns.end(),
                    [&](const TargetColumn& column) { return replaced(column.name); });
    return all_replaced &&
           target.columns.size() == all_columns(transaction, statement.target).size() &&
           never_null(transaction, statement.target, target.conflict_key);
}

// A number of a sequence, say, shows the order.
bool in_any_order(postgres::Transaction& transaction, const sql::RelationName& table,
                  const InsertTarget& target) {
    std::vector<postgres::Parameter> filled;
    for (const TargetColumn& column : target.columns)
        filled.push_back(column.name);
    return transaction
               .query(
                   "SELECT count(*) FROM pg_attribute WHERE attrelid = " + regclass(table) +
                       " AND attnum > 0 AND NOT attisdropped AND attname <> ALL ($1::text[]) AND "
                       "attgenerated = '' AND (atthasdef OR attidentity <> '')",
                   {postgres::array_literal(filled)})
               .at(0)
               .integer(0) == 0;
}

}  // namespace

InsertTarget resolve_target(postgres::Transaction& transaction,
                            const sql::RowStatement& statement) {
    if (statement.merge) return merge_target(transaction, statement);
    InsertTarget target;
    target.columns = filled_columns(transaction, statement);
    const Rules rules = rules_of(transaction, statement.target);
    target.conflict_key = conflict_key(transaction, statement, rules);
    target.in_any_order = in_any_order(transaction, statement.target, target);
    target.has_checks = rules.has_checks;
    target.is_outbox = catalogue::is_sink(transaction, statement.target);
    target.last_wins = last_wins(transaction, statement, target, rules);
    return target;
}

}  // namespace tidewheel::executor
