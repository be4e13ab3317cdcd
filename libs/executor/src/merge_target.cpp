#include "merge_target.hpp"

#include <algorithm>

#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::executor {
namespace {

using Keys = std::vector<sql::MergeKey>;

std::vector<postgres::Parameter> types_of(postgres::Transaction& transaction,
                                          const sql::RowStatement& statement, const Keys& keys) {
    std::vector<std::string> expressions;
    for (const sql::MergeKey& key : keys)
        expressions.push_back("(" + key.expression + ") AS k" + std::to_string(expressions.size()));
    transaction.run("CREATE TEMP VIEW tidewheel_probe AS SELECT " + joined(expressions, ", ") +
                    " FROM " + merge_source(statement, statement.merge->source));
    std::vector<postgres::Parameter> types;
    for (const postgres::Row& row :
         transaction.query("SELECT atttypid FROM pg_attribute WHERE attrelid = "
                           "'pg_temp.tidewheel_probe'::regclass ORDER BY attnum"))
        types.emplace_back(row.text(0));
    transaction.run("DROP VIEW pg_temp.tidewheel_probe");
    return types;
}

// The smallest unique index all of whose columns ON compares as the index does, by key of the index
// the place of the equality, and how the column forms what it stores. Between integers, values are
// equal or refused; between other types, storing could change a value, so that it is equal to
// another one.
constexpr const char* index_query = R"(
WITH compared AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::oid[]) WITH ORDINALITY c (name, converted, type, place)),
part AS (
    SELECT i.indexrelid, i.indnkeyatts, n, c.place, b.type, CASE WHEN a.atttypid = b.type THEN a.atttypmod ELSE t.typtypmod END AS mod
    FROM pg_index i CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) n
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n]
         JOIN pg_opclass o ON o.oid = i.indclass[n]
         JOIN pg_type t ON t.oid = a.atttypid
         CROSS JOIN LATERAL (SELECT CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END) b (type)
         LEFT JOIN LATERAL (
             SELECT min(place) FROM compared WHERE name = a.attname
             AND (converted = '' OR to_regtype(converted) IN (o.opcintype, b.type))
             AND (type IN (b.type, o.opcintype)
                  OR (type IN (21, 20, 23) AND o.opcintype IN (21, 20, 23)))) c (place) ON true
    WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate
          AND i.indpred IS NULL AND i.indexprs IS NULL
          AND NOT EXISTS (SELECT FROM pg_collation l WHERE l.oid = ANY (i.indcollation) AND NOT l.collisdeterministic)),
chosen AS (SELECT indexrelid FROM part GROUP BY indexrelid, indnkeyatts HAVING count(place) = indnkeyatts
           ORDER BY indnkeyatts, indexrelid LIMIT 1)
SELECT place - 1, CASE WHEN type IN (21, 20, 23) THEN ''
                       WHEN type = 1700 AND mod >= 4 THEN ((((mod - 4) & 2047) # 1024) - 1024)::text
                       ELSE format_type(type, mod) END, type = 1700 AND mod >= 4
FROM part WHERE indexrelid = (SELECT indexrelid FROM chosen) ORDER BY n)";

// What tells the keys apart: two values that a column would store as one are one.
std::string as_stored(const sql::MergeKey& key, const postgres::Row& form) {
    const std::string value = "(" + key.expression + ")";
    if (form.text(1).empty()) return value;
    return form.boolean(2) ? "round(" + value + ", " + form.text(1) + ")"
                           : value + "::" + form.text(1);
}

std::vector<std::string> key_by_index(postgres::Transaction& transaction,
                                      const sql::RowStatement& statement, const Keys& keys) {
    if (keys.empty()) return {};
    std::vector<std::string> names, conversions;
    for (const sql::MergeKey& key : keys) {
        names.push_back(key.column);
        conversions.push_back(key.converted_to);
    }
    std::vector<std::string> found;
    for (const postgres::Row& row : transaction.query(
             index_query, {statement.target.quoted(), postgres::text_array(names),
                           postgres::text_array(conversions),
                           postgres::array_literal(types_of(transaction, statement, keys))}))
        found.push_back(as_stored(keys[static_cast<std::size_t>(row.integer(0))], row));
    return found;
}

[[noreturn]] void refuse(const sql::RowStatement& statement) {
    std::string columns;
    for (const sql::MergeKey& key : statement.merge->keys)
        if (!key.is_kept) columns += (columns.empty() ? "" : ", ") + key.column;
    const std::string table = statement.target.text();
    if (!columns.empty())
        throw Error(Error::Kind::refused,
                    "this MERGE may store another value in " + columns + " of " + table +
                        " than ON compares with: the result would depend on how records are "
                        "batched",
                    "INSERT must give the key the same expression as ON; UPDATE must leave it as "
                    "it is.");
    throw Error(Error::Kind::refused,
                "ON of this MERGE doesn't say which one row of " + table +
                    " a record is about: it compares the columns of no primary key or unique "
                    "index of the table",
                "Compare each column of the key by = with a value of the same type, as in ON "
                "t.id = s.id.");
}

std::vector<std::string> key_of(postgres::Transaction& transaction,
                                const sql::RowStatement& statement) {
    Keys kept = statement.merge->keys;
    std::erase_if(kept, [](const sql::MergeKey& key) { return !key.is_kept; });
    std::vector<std::string> key = key_by_index(transaction, statement, kept);
    if (key.empty()) refuse(statement);
    return key;
}

}  // namespace

std::string merge_source(const sql::RowStatement& statement, const std::string& alias) {
    std::string columns = "tidewheel_seq";
    for (const std::string& name : statement.merge->source_columns)
        columns += ", " + postgres::quote_name(name);
    return "(" + statement.record_select + ") AS " + alias + "(" + columns + ")";
}

InsertTarget merge_target(postgres::Transaction& transaction, const sql::RowStatement& statement) {
    InsertTarget target;
    const postgres::Rows none =
        transaction.query("SELECT * FROM " + merge_source(statement, "q") + " LIMIT 0");
    target.source_columns.assign(none.columns.begin() + 1, none.columns.end());
    target.merge_key = key_of(transaction, statement);
    return target;
}

}  // namespace tidewheel::executor
