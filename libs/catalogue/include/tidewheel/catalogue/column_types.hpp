#pragma once
#include <string>
#include <vector>

#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::catalogue {

struct ColumnType {
    std::string name;
    engine::Type type;
    // Of a type with collations: its equal values have equal bytes, and its order is that of bytes.
    // The latter is only said of C, POSIX and what PostgreSQL's own provider offers, also where the
    // database has them as its default.
    bool is_bytewise = true, has_c_order = true;
    std::uint32_t collation = 0;  // its oid; 0: the type has none
};

// The types of a relation's columns, in order. Under `search_path = pg_catalog` a type that is not
// PostgreSQL's own is qualified in its text. relation: as ::regclass takes it.
std::vector<ColumnType> column_types(postgres::Transaction& transaction,
                                     const std::string& relation);

}  // namespace tidewheel::catalogue
