#pragma once
#include <cstddef>

#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::catalogue {

// What a query of pg_attribute a and its pg_type t selects of a column's type, for read_type().
// Domains, enums, arrays and types of extensions have no base type here: they are `other`;
// has_times says that dates or times are all that an array, range or domain is made of.
inline constexpr const char* type_columns = R"(
    format_type(a.atttypid, a.atttypmod), a.atttypmod,
    CASE WHEN t.typtype = 'b' AND t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname END,
    EXISTS (
        WITH RECURSIVE part(type) AS (
            SELECT a.atttypid
            UNION SELECT e.type FROM part JOIN pg_type w ON w.oid = part.type CROSS JOIN LATERAL (
                SELECT w.typbasetype WHERE w.typtype = 'd'
                UNION ALL SELECT w.typelem WHERE w.typcategory = 'A'
                UNION ALL SELECT rngsubtype FROM pg_range WHERE w.oid IN (rngtypid, rngmultitypid)) e(type))
        SELECT FROM part WHERE type IN ('date'::regtype, 'time'::regtype, 'timetz'::regtype,
                                        'timestamp'::regtype, 'timestamptz'::regtype)))";

// first: the place of the first of these in the row.
engine::Type read_type(const postgres::Row& row, std::size_t first);

}  // namespace tidewheel::catalogue
