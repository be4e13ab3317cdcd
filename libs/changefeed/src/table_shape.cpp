#include "table_shape.hpp"

#include <algorithm>

#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::changefeed {
namespace {

using postgres::Row;

constexpr const char* key_query = R"(
    SELECT a.attname FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = $1::oid AND i.indisprimary)";

// A domain may be over a domain; the modifier is the innermost's, and stands at what is over it.
constexpr const char* domains_query = R"(
    WITH RECURSIVE base(of_, type, modifier) AS (
        SELECT t.oid, t.typbasetype, t.typtypmod FROM pg_type t
        WHERE t.oid = ANY ($1::oid[]) AND t.typtype = 'd'
        UNION ALL
        SELECT b.of_, t.typbasetype, t.typtypmod FROM base b
        JOIN pg_type t ON t.oid = b.type AND t.typtype = 'd')
    SELECT b.of_, b.type, b.modifier FROM base b JOIN pg_type t ON t.oid = b.type
    WHERE t.typtype <> 'd')";

// pgoutput leaves out generated columns.
constexpr const char* columns_query = R"(
    SELECT a.attname, a.atttypid, a.atttypmod, EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary
               AND a.attnum = ANY (i.indkey))
    FROM pg_attribute a
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    ORDER BY a.attnum)";

}  // namespace

bool TableShape::has_key() const {
    return std::ranges::any_of(columns, &ShapeColumn::is_key);
}

TableFacts read_facts(postgres::Transaction& transaction, const Relation& relation) {
    TableFacts facts;
    for (const Row& row : transaction.query(key_query, {std::to_string(relation.id)}))
        facts.key.push_back(row.text(0));
    std::vector<std::uint32_t> types;
    for (const RelationColumn& column : relation.columns)
        types.push_back(column.type);
    for (const Row& row : transaction.query(domains_query, {postgres::id_array(types)}))
        facts.domains[static_cast<std::uint32_t>(row.integer(0))] = {
            static_cast<std::uint32_t>(row.integer(1)), static_cast<std::int32_t>(row.integer(2))};
    return facts;
}

TableShape shape_of(const Relation& relation, const TableFacts& facts) {
    TableShape shape{relation.schema, relation.name, {}};
    for (const RelationColumn& column : relation.columns) {
        const auto domain = facts.domains.find(column.type);
        // With REPLICA IDENTITY FULL every column is in the identity; else it is the key, under the
        // names that it had then.
        const bool is_key = relation.identity == 'f'
                                ? std::ranges::find(facts.key, column.name) != facts.key.end()
                                : column.in_identity;
        ShapeColumn& added = shape.columns.emplace_back();
        added.name = column.name;
        append_string(added.member, column.name);
        added.member += ':';
        const TableFacts::BaseType type = domain == facts.domains.end()
                                              ? TableFacts::BaseType{column.type, column.modifier}
                                              : domain->second;
        added.form = form_of(type.type, type.modifier);
        if (added.form == ValueForm::moment) added.digits = digits_of(type.modifier);
        added.is_key = is_key;
    }
    return shape;
}

Relation read_relation(postgres::Transaction& transaction, const sql::RelationName& table) {
    const postgres::Rows found = transaction.query(
        "SELECT oid, relreplident FROM pg_class WHERE oid = to_regclass($1)", {table.quoted()});
    if (found.empty())
        throw Error(Error::Kind::refused, "table " + table.text() + " does not exist",
                    "Create it, or drop the stream that sends its changes.");
    Relation relation{static_cast<std::uint32_t>(found[0].integer(0)),
                      table.schema,
                      table.name,
                      found[0].text(1)[0],
                      {}};
    for (const Row& row : transaction.query(columns_query, {std::to_string(relation.id)}))
        relation.columns.push_back({row.boolean(3), row.text(0),
                                    static_cast<std::uint32_t>(row.integer(1)),
                                    static_cast<std::int32_t>(row.integer(2))});
    return relation;
}

}  // namespace tidewheel::changefeed
