#include <algorithm>

#include "kernel_tables.hpp"
#include "strict.hpp"

namespace tidewheel::engine {
namespace {

bool date_trunc(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto unit = static_cast<TruncationUnit>(call.unit);
    const auto* time = arguments[0].as<std::int64_t>();
    auto* to = result.as<std::int64_t>();
    return over_rows(arguments, rows, result,
                     [=](std::size_t row) { return truncate(unit, time[row], to[row]); });
}

bool extract_field(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto unit = static_cast<ExtractionUnit>(call.unit);
    const auto* time = arguments[0].as<std::int64_t>();
    auto* to = result.as<Numeric>();
    return over_rows(arguments, rows, result,
                     [=](std::size_t row) { return extract(unit, time[row], to[row]); });
}

bool add_interval(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* time = arguments[0].as<std::int64_t>();
    auto* to = result.as<std::int64_t>();
    return over_rows(arguments, rows, result, [&, time, to](std::size_t row) {
        return shift(call.interval, time[row], to[row]);
    });
}

bool date_bin(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* time = arguments[0].as<std::int64_t>();
    auto* to = result.as<std::int64_t>();
    return over_rows(arguments, rows, result, [&, time, to](std::size_t row) {
        return bin(call.interval, time[row], call.origin, to[row]);
    });
}

template <class Unit, std::size_t size>
std::optional<int> unit_of(const std::pair<std::string_view, Unit> (&units)[size],
                           std::string_view name) {
    for (const auto& [unit_name, unit] : units)
        if (unit_name == name) return static_cast<int>(unit);
    return std::nullopt;
}

}  // namespace

// An interval is always a constant, and of Kind::other. The session's time zone is UTC.
void add_time_functions(std::vector<KernelEntry>& table) {
    constexpr Kind interval = Kind::other;
    for (const Kind kind : {Kind::timestamp, Kind::timestamptz}) {
        table.push_back({"date_trunc", {Kind::text, kind}, kind, date_trunc});
        table.push_back({"extract", {Kind::text, kind}, Kind::numeric, extract_field});
        table.push_back({"+", {kind, interval}, kind, add_interval});
        table.push_back({"-", {kind, interval}, kind, add_interval});
        table.push_back({"date_bin", {interval, kind, kind}, kind, date_bin});
    }
}

std::optional<int> truncation_unit(std::string_view name) {
    using enum TruncationUnit;
    static constexpr std::pair<std::string_view, TruncationUnit> units[] = {
        {"second", second}, {"minute", minute}, {"hour", hour},       {"day", day},
        {"week", week},     {"month", month},   {"quarter", quarter}, {"year", year}};
    return unit_of(units, name);
}

std::optional<int> extraction_unit(std::string_view name) {
    using enum ExtractionUnit;
    static constexpr std::pair<std::string_view, ExtractionUnit> units[] = {
        {"second", second},      {"minute", minute},   {"hour", hour},  {"day", day},
        {"month", month},        {"quarter", quarter}, {"year", year},  {"dow", weekday},
        {"isodow", iso_weekday}, {"doy", day_of_year}, {"epoch", epoch}};
    return unit_of(units, name);
}

}  // namespace tidewheel::engine
