#include "copy_target.hpp"

#include <algorithm>
#include <optional>

#include "resolution_probe.hpp"
#include "tidewheel/catalogue/column_types.hpp"

namespace tidewheel::executor {
namespace {

using engine::Unsupported;

// The table, and all partitions of it, as `part`.
std::string with_parts(const std::string& table) {
    return "WITH part AS (SELECT " + table + " AS oid UNION SELECT relid FROM pg_partition_tree(" +
           table + ")) ";
}

// Why COPY may not do; nullopt: it may. The trigger of an outbox only locks, before the first row.
std::optional<std::string> obstacle(postgres::Transaction& transaction, const std::string& table) {
    const postgres::Row row =
        transaction
            .query(with_parts("$1::regclass") +
                       "SELECT bool_and(c.relkind IN ('r', 'p')), bool_or(c.relhasrules), "
                       "bool_or(c.relrowsecurity), EXISTS (SELECT FROM pg_trigger t JOIN part ON "
                       "t.tgrelid = part.oid WHERE NOT t.tgisinternal AND t.tgfoid <> "
                       "'tidewheel.lock_outbox_lane()'::regprocedure) FROM pg_class c JOIN part "
                       "ON c.oid = part.oid",
                   {table})
            .at(0);
    if (!row.boolean(0)) return "a target that is no ordinary table";
    if (row.boolean(1)) return "a rule of the target";
    if (row.boolean(2)) return "row-level security of the target";
    if (row.boolean(3)) return "a trigger of the target";
    return {};
}

// The text of a char(n) goes there as a varchar(n) would: PostgreSQL pads it.
engine::Type stored_as(const engine::Type& type) {
    engine::Type stored = type;
    if (type.sql.starts_with("character(")) stored.kind = engine::Kind::varchar;
    return stored;
}

// Empty where the statement doesn't fill all of them.
std::vector<std::size_t> key_places(const InsertTarget& target) {
    std::vector<std::size_t> places;
    for (const std::string& name : target.conflict_key) {
        const auto found = std::ranges::find(target.columns, name, &TargetColumn::name);
        if (found == target.columns.end()) return {};
        places.push_back(static_cast<std::size_t>(found - target.columns.begin()));
    }
    return places;
}

std::vector<engine::Type> types_of(postgres::Transaction& transaction, const std::string& table,
                                   const InsertTarget& target) {
    const auto all = catalogue::column_types(transaction, table);
    std::vector<engine::Type> types;
    for (const TargetColumn& column : target.columns)
        types.push_back(
            stored_as(std::ranges::find(all, column.name, &catalogue::ColumnType::name)->type));
    return types;
}

}  // namespace

// An index has its constraint's name.
std::string table_state_query(const sql::RelationName& table) {
    return with_parts("pg_catalog.to_regclass(" + postgres::quote_literal(table.quoted()) + ")") +
           R"(
SELECT coalesce(pg_catalog.string_agg(concat_ws(' ', c.oid, c.relkind, c.relhasrules, c.relrowsecurity,
    (SELECT count(*) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
    (SELECT string_agg(concat_ws(':', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attidentity, a.attgenerated,
                                 a.atthasdef, a.attnotnull), ',' ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT string_agg(k.oid::text, ',' ORDER BY k.oid)
     FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'x')),
    (SELECT string_agg(concat_ws(':', i.indexrelid, n.relname, i.indisvalid, i.indimmediate), ',' ORDER BY i.indexrelid)
     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid
     WHERE i.indrelid = c.oid AND i.indisunique)), ';' ORDER BY c.oid), 'no table')
FROM pg_catalog.pg_class c JOIN part ON c.oid = part.oid)";
}

std::variant<CopyTarget, Unsupported> copy_target(postgres::Transaction& transaction,
                                                  const sql::RowStatement& statement,
                                                  const InsertTarget& target) {
    const std::string table = statement.target.quoted();
    transaction.run(std::string("SET LOCAL search_path = ") + plain_search_path);
    if (auto reason = obstacle(transaction, table)) return Unsupported{std::move(*reason)};
    CopyTarget copy;
    copy.types = types_of(transaction, table, target);
    copy.key = key_places(target);
    for (const std::size_t place : copy.key)  // blanks at the end don't count there
        if (copy.types[place].sql.starts_with("character("))
            return Unsupported{"a key of type " + copy.types[place].sql};
    for (const catalogue::ColumnType& column : catalogue::column_types(transaction, table))
        if (std::ranges::count(target.conflict_key, column.name) > 0 && !column.is_bytewise)
            return Unsupported{"a key whose collation takes different texts for equal"};
    return copy;
}

}  // namespace tidewheel::executor
