#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel::sql {

struct RelationName {
    std::string schema;  // empty: found by the search path
    std::string name;

    std::string quoted() const;  // as SQL: "My schema".t
    std::string text() const;    // for messages: schema.name
    auto operator<=>(const RelationName&) const = default;
};

// Under which name the catalogue, the commands and the metrics know a statement: its own where its
// schema is public, else with the schema before it. A part with a dot or a quote in it is quoted,
// so no two names have one label.
std::string label(const RelationName& name);
RelationName name_of(std::string_view label);
// As SQL writes it, with its schema: parts without quotes are lower case. nullopt: it is something
// else.
std::optional<RelationName> qualified_name(std::string_view text);

// The label among `labels` that a user means by `name`: the label itself, or the name without its
// schema where it is the only one, or the first along the search path. Empty: there is none. Throws
// Error (setting) that lists them where several are left.
std::string find_label(const std::vector<std::string>& labels, const std::string& name,
                       const std::vector<std::string>& search_path);

}  // namespace tidewheel::sql
