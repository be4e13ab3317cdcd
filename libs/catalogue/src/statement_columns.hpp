#pragma once
#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::catalogue {

// What a query of tidewheel.statements selects first, for read_columns().
inline constexpr const char* statement_columns =
    "SELECT id, stream_id, state_table, search_path, paused_at IS NOT NULL, resolved, "
    "objects::text, ";
inline constexpr std::size_t statement_column_count = 7;

inline StatementColumns read_columns(const postgres::Row& row) {
    return {static_cast<int>(row.integer(0)),
            static_cast<int>(row.integer(1)),
            row.text_or(2, ""),
            row.text(3),
            row.boolean(4),
            {row.text_or(5, ""), row.text_or(6, "{}")}};
}

}  // namespace tidewheel::catalogue
