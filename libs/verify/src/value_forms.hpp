#pragma once
#include <string>

#include "tidewheel/engine/schema.hpp"

// Where docs/reference/json.md is stricter than PostgreSQL's own conversions, said once more in
// SQL, for `verify` alone. Pure.
namespace tidewheel::verify {

// SQL, a condition over `text` (an expression of type text): it is not written as the type has to
// be, whatever PostgreSQL makes of it. Empty: PostgreSQL alone judges such values.
std::string breaks_form(const engine::Type& type, const std::string& text);

// SQL, a condition: some number in `text` is beyond the limits that hold for every number.
std::string beyond_number_limits(const std::string& text);

// SQL, a condition: brackets outside of strings are nested more than 64 levels.
std::string is_too_deep(const std::string& text);

// SQL, a condition: `text` is not JSON that a record may hold. An error: it is no JSON.
std::string breaks_json(const std::string& text);

// SQL: the JSON text without its strings.
std::string without_strings(const std::string& text);

}  // namespace tidewheel::verify
