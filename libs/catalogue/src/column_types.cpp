#include "tidewheel/catalogue/column_types.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "type_columns.hpp"

namespace tidewheel::catalogue {
namespace {

using engine::Kind;

// What the engine decodes itself, by the names in pg_catalog.pg_type.
constexpr std::array<std::pair<std::string_view, Kind>, 17> kinds{{
    {"bool", Kind::boolean},
    {"int2", Kind::int16},
    {"int4", Kind::int32},
    {"int8", Kind::int64},
    {"float4", Kind::float32},
    {"float8", Kind::float64},
    {"numeric", Kind::numeric},
    {"text", Kind::text},
    {"varchar", Kind::varchar},
    {"uuid", Kind::uuid},
    {"date", Kind::date},
    {"time", Kind::time},
    {"timestamp", Kind::timestamp},
    {"timestamptz", Kind::timestamptz},
    {"json", Kind::json},
    {"jsonb", Kind::jsonb},
    {"bytea", Kind::bytea},
}};

Kind kind_of_type(const std::string& base_type) {
    const auto found =
        std::ranges::find(kinds, base_type, &std::pair<std::string_view, Kind>::first);
    return found == kinds.end() ? Kind::other : found->second;
}

// Whether a collation's order is that of bytes. The default one is the database's.
constexpr const char* c_order = R"(
    CASE c.collprovider WHEN 'd' THEN CASE b.datlocprovider WHEN 'c' THEN b.datcollate IN ('C', 'POSIX')
                                      ELSE b.datlocprovider = 'b' END
                        WHEN 'c' THEN c.collcollate IN ('C', 'POSIX')
                        ELSE c.collprovider = 'b' END)";

}  // namespace

engine::Type read_type(const postgres::Row& row, std::size_t first) {
    return {kind_of_type(row.text_or(first + 2, "")), static_cast<int>(row.integer(first + 1)),
            row.text(first), row.boolean(first + 3)};
}

std::vector<ColumnType> column_types(postgres::Transaction& transaction,
                                     const std::string& relation) {
    std::vector<ColumnType> types;
    for (const postgres::Row& row : transaction.query(
             "SELECT a.attname, a.attcollation = 0 OR c.collisdeterministic, a.attcollation = 0 OR "
             "coalesce(" +
                 std::string(c_order) + ", false), a.attcollation::bigint, " + type_columns +
                 " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_database b ON "
                 "b.datname = current_database() LEFT JOIN pg_collation c ON c.oid = "
                 "a.attcollation WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT "
                 "a.attisdropped ORDER BY a.attnum",
             {relation}))
        types.push_back({row.text(0), read_type(row, 4), row.boolean(1), row.boolean(2),
                         static_cast<std::uint32_t>(row.integer(3))});
    return types;
}

}  // namespace tidewheel::catalogue
