#include "tidewheel/sql/relation_name.hpp"

#include <algorithm>

#include "deparse.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::sql {
namespace {

constexpr std::string_view common_schema = "public";

std::string part(const std::string& name) {
    if (name.find_first_of(".\"") == std::string::npos) return name;
    std::string quoted = "\"";
    for (const char c : name)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

// The part that begins at `at`, which moves behind it.
std::string read_part(std::string_view text, std::size_t& at) {
    if (at >= text.size() || text[at] != '"') {
        const std::size_t end = std::min(text.find('.', at), text.size());
        const std::string name(text.substr(at, end - at));
        at = end;
        return name;
    }
    std::string name;
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"' && (at + 1 == text.size() || text[at + 1] != '"')) break;
        if (text[at] == '"') ++at;
        name += text[at];
    }
    at = std::min(at + 1, text.size());
    return name;
}

}  // namespace

std::string RelationName::quoted() const {
    return schema.empty() ? ast::quote_identifier(name)
                          : ast::quote_identifier(schema) + "." + ast::quote_identifier(name);
}

std::string RelationName::text() const {
    return schema.empty() ? name : schema + "." + name;
}

std::string label(const RelationName& name) {
    return name.schema.empty() || name.schema == common_schema
               ? part(name.name)
               : part(name.schema) + "." + part(name.name);
}

RelationName name_of(std::string_view label) {
    std::size_t at = 0;
    const std::string first = read_part(label, at);
    if (at >= label.size() || label[at] != '.') return {std::string(common_schema), first};
    return {first, read_part(label, ++at)};
}

std::optional<RelationName> qualified_name(std::string_view text) {
    std::size_t at = 0;
    const auto next = [&] {
        const bool is_quoted = at < text.size() && text[at] == '"';
        std::string name = read_part(text, at);
        if (!is_quoted)
            for (char& c : name)
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        return name;
    };
    RelationName found;
    found.schema = next();
    if (at >= text.size() || text[at] != '.') return std::nullopt;
    ++at;
    found.name = next();
    if (at != text.size() || found.schema.empty() || found.name.empty()) return std::nullopt;
    return found;
}

std::string find_label(const std::vector<std::string>& labels, const std::string& name,
                       const std::vector<std::string>& search_path) {
    std::vector<std::string> found;
    for (const std::string& each : labels) {
        const RelationName meant = name_of(each);
        if (meant.schema + "." + meant.name == name || (each == name && meant.name != name))
            return each;
        if (meant.name == name) found.push_back(each);
    }
    if (found.size() < 2) return found.empty() ? "" : found.front();
    for (const std::string& schema : search_path)
        for (const std::string& each : found)
            if (name_of(each).schema == schema) return each;
    std::string all;
    for (const std::string& each : found) {
        const RelationName meant = name_of(each);
        all += (all.empty() ? "" : ", ") + meant.schema + "." + meant.name;
    }
    throw Error(Error::Kind::setting, name + " is ambiguous; it may be any of " + all,
                "Add its schema; none of these is in the search path.");
}

}  // namespace tidewheel::sql
