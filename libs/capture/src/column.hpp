#pragma once
#include <optional>
#include <string>
#include <vector>

namespace tidewheel::capture {

// A column of the sink as PostgreSQL has it, domains as what they are made of.
struct Column {
    std::string name;
    std::string type;   // pg_type.typname of pg_catalog; empty: another schema's type
    int precision = 0;  // of numeric(p,s)
    int scale = 0;
    bool not_null = false;
    bool operator==(const Column&) const = default;
};

// A row: the columns' texts in PostgreSQL's form, DateStyle ISO and UTC; nullopt: NULL.
using Values = std::vector<std::optional<std::string>>;

}  // namespace tidewheel::capture
