#pragma once
#include <string>

namespace tidewheel::engine {

// How rows of CSV are written, by the options of PostgreSQL's COPY … (FORMAT csv) of these names.
struct CsvForm {
    char delimiter = ',';
    char quote = '"';
    char escape = '"';
    std::string null = {};  // a field that is this text, without quotes, is NULL
    bool operator==(const CsvForm&) const = default;
};

}  // namespace tidewheel::engine
