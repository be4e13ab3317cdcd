#include "value_forms.hpp"

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::verify {
namespace {

using engine::Kind;
using postgres::quote_literal;

constexpr const char* day = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
// No 24:00, no 60th second.
constexpr const char* clock =
    "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]*)?)?"
    "( ?(z|[-+][0-9]{2}(:?[0-9]{2}|:[0-9]{2}:[0-9]{2})?))?";

// Regular expressions, of either case, for the text between spaces; empty: none.
std::string form_of(Kind kind) {
    switch (kind) {
        case Kind::int16:
        case Kind::int32:
        case Kind::int64:
            return "[-+]?[0-9]+";
        case Kind::numeric:
            return "[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?";
        case Kind::float32:
        case Kind::float64:
            return "[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?|[-+]?(nan|inf|infinity)";
        case Kind::date:
        case Kind::timestamp:
        case Kind::timestamptz:
            return std::string(day) + "([t ]" + clock + ")?";
        case Kind::time:
            return "(" + std::string(day) + " )?" + clock;
        default:
            return "";
    }
}

// A word that means another time with every reading.
constexpr const char* relative_time = "(^|[^a-z])(now|today|tomorrow|yesterday)([^a-z]|$)";

}  // namespace

std::string breaks_form(const engine::Type& type, const std::string& text) {
    if (type.has_times && type.kind == Kind::other)
        return text + " ~* " + quote_literal(relative_time);
    const std::string form = form_of(type.kind);
    if (form.empty()) return "";
    std::string broken = text + " !~* " + quote_literal("^[ \\t-\\r]*(" + form + ")[ \\t-\\r]*$");
    if (type.kind == Kind::numeric) broken += " OR " + beyond_number_limits(text);
    return broken;
}

std::string beyond_number_limits(const std::string& text) {
    return "EXISTS (SELECT FROM regexp_matches(" + text + ", " +
           quote_literal("(-?[0-9.]+(?:[eE]([-+]?[0-9]+))?)") +
           ", 'g') AS number WHERE length(number[1]) > 1000 OR abs(number[2]::numeric) > 308)";
}

std::string is_too_deep(const std::string& text) {
    return "(SELECT max(depth) FROM (SELECT sum(CASE WHEN c IN ('{', '[') THEN 1 WHEN c IN "
           "('}', ']') THEN -1 ELSE 0 END) OVER (ORDER BY n) AS depth FROM "
           "regexp_split_to_table(" +
           without_strings(text) + ", '') WITH ORDINALITY t(c, n)) d) > 64";
}

// jsonb reads escapes, which json does not.
std::string breaks_json(const std::string& text) {
    return text + "::jsonb IS NULL AND " + text + " IS NOT NULL OR " + is_too_deep(text) + " OR " +
           beyond_number_limits(without_strings(text));
}

std::string without_strings(const std::string& text) {
    return "regexp_replace(" + text + ", " + quote_literal(R"("(\\.|[^"\\])*")") + ", '', 'g')";
}

}  // namespace tidewheel::verify
