#include "copy_target.hpp"

#include <algorithm>
#include <optional>

#include "resolution_probe.hpp"
#include "tidewheel/catalogue/column_types.hpp"

namespace tidewheel::executor {
namespace {

using engine::Unsupported;

// Why COPY may not do; nullopt: it may.
std::optional<std::string> obstacle(postgres::Transaction& transaction, const std::string& table) {
    const postgres::Row row =
        transaction
            .query(
                "SELECT c.relkind = 'r', c.relhasrules, c.relrowsecurity, EXISTS (SELECT FROM "
                "pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) FROM pg_class c "
                "WHERE c.oid = $1::regclass",
                {table})
            .at(0);
    if (!row.boolean(0)) return "a target that is no ordinary table";
    if (row.boolean(1)) return "a rule of the target";
    if (row.boolean(2)) return "row-level security of the target";
    if (row.boolean(3)) return "a trigger of the target";
    return {};
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
        types.push_back(std::ranges::find(all, column.name, &catalogue::ColumnType::name)->type);
    return types;
}

}  // namespace

// An index has its constraint's name.
std::string table_state_query(const sql::RelationName& table) {
    return R"(
SELECT concat_ws(' ', c.oid, c.relkind, c.relhasrules, c.relrowsecurity,
    (SELECT count(*) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
    (SELECT string_agg(concat_ws(':', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attidentity, a.attgenerated,
                                 a.atthasdef), ',' ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT string_agg(concat_ws(':', i.indexrelid, n.relname, i.indisvalid, i.indimmediate), ',' ORDER BY i.indexrelid)
     FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid
     WHERE i.indrelid = c.oid AND i.indisunique))
FROM pg_catalog.pg_class c WHERE c.oid = )" +
           std::string("pg_catalog.to_regclass(") + postgres::quote_literal(table.quoted()) + ")";
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
    return copy;
}

}  // namespace tidewheel::executor
