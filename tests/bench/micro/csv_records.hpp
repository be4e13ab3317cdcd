#pragma once
#include <string>
#include <string_view>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/engine/schema.hpp"

// The same store events as rows of CSV, as COPY TO writes them.
namespace tidewheel::bench {

inline std::string csv_field(std::string_view text) {
    if (!text.empty() && text.find_first_of("\",\r\n") == std::string_view::npos)
        return std::string(text);
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

inline std::string csv_record(const engine::Schema& schema, std::string_view json) {
    const codec::Json event = *codec::Json::parse(json);
    std::string row;
    for (const engine::Column& column : schema.columns) {
        const codec::Json* const value = event.find(column.name);
        if (&column != &schema.columns.front()) row += ',';
        if (!value || value->is_null()) continue;
        row += csv_field(value->is_string() ? value->string() : value->dump());
    }
    return row;
}

}  // namespace tidewheel::bench
