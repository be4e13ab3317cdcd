#include "tidewheel/verify/relation_comparison.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

using postgres::quote_name;

constexpr int most_samples = 10;

// Relative: what adding up in another order may change, real having 6 digits and double
// precision 15.
std::string tolerance(const ComparedColumn& column) {
    return column.type == "float4" ? "1e-5" : "1e-9";
}

bool is_float(const ComparedColumn& column) {
    return column.type == "float4" || column.type == "float8";
}

// Types that PostgreSQL can't sort or hash are compared through one that it can.
std::string comparable(const ComparedColumn& column) {
    constexpr std::array<std::string_view, 13> without{
        "json", "xml",     "jsonpath", "point",     "box",         "line",         "lseg",
        "path", "polygon", "circle",   "refcursor", "pg_snapshot", "txid_snapshot"};
    const std::string name = quote_name(column.name);
    if (column.type == "json") return name + "::jsonb AS " + name;
    // The element type of an array.
    const std::string element = column.type.starts_with('_') ? column.type.substr(1) : column.type;
    const bool as_text = std::find(without.begin(), without.end(), element) != without.end();
    return as_text ? name + "::text AS " + name : name;
}

std::string all_but(const std::string& left, const std::string& right, const std::string& columns) {
    return "SELECT " + columns + " FROM " + left + " EXCEPT ALL SELECT " + columns + " FROM " +
           right;
}

std::string near(const ComparedColumn& column, const std::string& name) {
    const std::string m = "m." + name, u = "u." + name;
    const std::string larger = "greatest(abs(" + m + "), abs(" + u + "))";
    // NaN and the infinities are as large as their difference.
    return "(" + m + " IS NOT DISTINCT FROM " + u + " OR " + larger + " < 'Infinity' AND abs(" + m +
           " - " + u + ") <= " + tolerance(column) + " * " + larger + ")";
}

// A float under a name that no column has.
std::string alias(std::size_t i) {
    return "float_" + std::to_string(i);
}

// The rows of a side with what identifies them: everything but the floats, and a number among those
// that share it.
std::string identified(const std::string& relation, const std::vector<std::string>& exact,
                       const std::vector<std::string>& floats) {
    const std::string key = "ROW(" + joined(exact, ", ") + ")::text";
    std::string select = "SELECT ctid AS id, " + key + " AS key, row_number() OVER (PARTITION BY " +
                         key + " ORDER BY " + joined(floats, ", ") + ") AS n";
    for (std::size_t i = 0; i < floats.size(); ++i)
        select += ", " + floats[i] + " AS " + alias(i);
    return select + " FROM pg_temp." + relation;
}

// Rows that differ in the last digits of their floats alone are no difference.
void forgive_rounding(postgres::Session& session, const std::vector<ComparedColumn>& columns) {
    std::vector<std::string> exact, floats, close;
    for (const ComparedColumn& column : columns) {
        if (is_float(column)) close.push_back(near(column, alias(floats.size())));
        (is_float(column) ? floats : exact).push_back(quote_name(column.name));
    }
    if (floats.empty()) return;
    session.run("CREATE TEMP TABLE tidewheel_near AS WITH m AS (" +
                identified("tidewheel_missing", exact, floats) + "), u AS (" +
                identified("tidewheel_unexpected", exact, floats) +
                ") SELECT m.id AS m, u.id AS u FROM m JOIN u USING (key, n) WHERE " +
                joined(close, " AND "));
    session.run(
        "DELETE FROM pg_temp.tidewheel_missing WHERE ctid IN (SELECT m FROM "
        "pg_temp.tidewheel_near)");
    session.run(
        "DELETE FROM pg_temp.tidewheel_unexpected WHERE ctid IN (SELECT u FROM "
        "pg_temp.tidewheel_near)");
    session.run("DROP TABLE pg_temp.tidewheel_near");
}

std::int64_t count(postgres::Session& session, const std::string& relation) {
    return session.run("SELECT count(*) FROM " + relation)[0].integer(0);
}

std::vector<std::string> samples(postgres::Session& session, const std::string& relation) {
    std::vector<std::string> rows;
    for (const auto& row : session.run("SELECT to_jsonb(t.*)::text FROM pg_temp." + relation +
                                       " t LIMIT " + std::to_string(most_samples)))
        rows.push_back(row.text(0));
    return rows;
}

}  // namespace

Difference compare_relations(postgres::Session& session, const std::string& expected,
                             const std::string& stored, const std::vector<ComparedColumn>& columns,
                             bool adds_up) {
    std::vector<std::string> names;
    for (const ComparedColumn& column : columns)
        names.push_back(comparable(column));
    session.run("CREATE TEMP TABLE tidewheel_missing AS " +
                all_but(expected, stored, joined(names, ", ")));
    session.run("CREATE TEMP TABLE tidewheel_unexpected AS " +
                all_but(stored, expected, joined(names, ", ")));
    if (adds_up) forgive_rounding(session, columns);
    Difference difference;
    difference.expected = count(session, expected);
    difference.missing = count(session, "pg_temp.tidewheel_missing");
    difference.unexpected = count(session, "pg_temp.tidewheel_unexpected");
    difference.missing_rows = samples(session, "tidewheel_missing");
    difference.unexpected_rows = samples(session, "tidewheel_unexpected");
    session.run("DROP TABLE pg_temp.tidewheel_missing, pg_temp.tidewheel_unexpected");
    return difference;
}

}  // namespace tidewheel::verify
