#pragma once
#include <string>
#include <variant>

#include "tidewheel/sql/pipeline.hpp"

// A stream to read in tests, and what a pipeline over it becomes.
namespace tidewheel::sql::test {

inline const std::string stream_ddl =
    "CREATE FOREIGN TABLE events (id uuid NOT NULL, kind text, store_id int, price numeric(10,2), "
    "qty int, weight real, items jsonb, \"Odd Name\" text, ts timestamptz) SERVER kafka OPTIONS "
    "(topic 'events', partitions '4', event_time 'ts', route 'kind', route_sale '1,3', "
    "route_stock '0,2');\n";

inline Pipeline parse(const std::string& text) {
    return parse_pipeline(stream_ddl + text, "p.sql");
}

// The last statement of the text.
inline Statement last(const std::string& text) {
    return parse(text).statements.back();
}

template <class Body>
Body last_as(const std::string& text) {
    return std::get<Body>(last(text).body);
}

// Of the view with this SELECT.
inline ViewStatement view_of(const std::string& select) {
    return last_as<ViewStatement>("CREATE MATERIALIZED VIEW v AS " + select);
}

inline std::string error_of(const std::string& text) {
    try {
        parse(text);
    } catch (const PipelineError& error) {
        return error.what();
    }
    return "";
}

struct Refusal {
    std::string sql;
    std::string said;
};

}  // namespace tidewheel::sql::test
