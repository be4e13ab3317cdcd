#include "edge_rows.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "value_text.hpp"

namespace tidewheel::executor {
namespace {

using engine::Kind;
using engine::Numeric;
using engine::Vector;

template <class T>
Vector vector_of(Kind kind, const std::vector<T>& values) {
    Vector vector(kind);
    vector.resize(values.size() + 1);  // the last one is NULL
    for (std::size_t i = 0; i < values.size(); ++i)
        vector.set(i, values[i]);
    return vector;
}

template <class T, class Limits = T>
Vector integers(Kind kind) {
    constexpr auto least = std::numeric_limits<Limits>::min();
    constexpr auto greatest = std::numeric_limits<Limits>::max();
    return vector_of<T>(kind, {0, 1, -1, 2, 7, 100, least, greatest, greatest / 2});
}

Vector floats(Kind kind, double largest, double tiny) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return vector_of<double>(
        kind, {0, -0.0, 1, -1.5, 0.1f, 3, largest, tiny, std::nan(""), infinity, -infinity});
}

Numeric::Int128 power_of_ten(int exponent) {
    Numeric::Int128 power = 1;
    for (; exponent > 0; --exponent)
        power *= 10;
    return power;
}

Vector numerics(const engine::Type& type) {
    const auto limit = engine::numeric_limit(type);
    const auto of = &Numeric::of;
    if (!limit)
        return vector_of<Numeric>(
            type.kind,
            {of(0, 0, 0), of(0, 2, 2), of(1, 0, 0), of(100, 2, 2), of(-1, 0, 0), of(5, 1, 1),
             of(-25, 1, 1), of(99995, 3, 3), of(7, 0, 0), of(100, 0, 0), of(-1, 20, 20),
             of(power_of_ten(20), 0, 0), of(power_of_ten(38) - 1, 9, 9)});
    const auto [precision, scale] = *limit;
    if (scale < 0 || scale > precision) return vector_of<Numeric>(type.kind, {});
    const auto largest = power_of_ten(std::min(precision, Numeric::digits_limit)) - 1;
    std::vector<Numeric> values;
    for (const Numeric::Int128 unscaled : {Numeric::Int128{0}, Numeric::Int128{1},
                                           Numeric::Int128{-7}, largest, -largest, largest / 3})
        values.push_back(of(unscaled, scale, scale));
    return vector_of(type.kind, values);
}

Vector texts(const engine::Type& type) {
    std::vector<std::string_view> values{"",
                                         "a",
                                         "A",
                                         "ab",
                                         "a%b",
                                         "a_b\\c",
                                         "Zürich",
                                         "日本語",
                                         "z ",
                                         "10",
                                         "\"{,}'",
                                         "a text of more than sixty bytes, which is longer than "
                                         "most of those that records hold"};
    if (const auto longest = engine::length_limit(type))
        std::erase_if(values, [&](std::string_view value) {
            return characters(value) > static_cast<std::size_t>(*longest);
        });
    return vector_of(type.kind, values);
}

// --- times: days and microseconds since 2000-01-01

std::vector<std::int32_t> days() {
    using namespace std::chrono;
    std::vector<std::int32_t> days;
    for (const sys_days day :
         {sys_days(2000y / 1 / 1), sys_days(1999y / 12 / 31), sys_days(2024y / 2 / 29),
          sys_days(1900y / 2 / 28), sys_days(2026y / 3 / 29), sys_days(1970y / 1 / 1),
          sys_days(2021y / 1 / 3), sys_days(1y / 1 / 1), sys_days(9999y / 12 / 31)})
        days.push_back(static_cast<std::int32_t>((day - sys_days(2000y / 1 / 1)).count()));
    return days;
}

const std::vector<std::int64_t> clocks{0, 86'399'999'999, 5'400'000'000, 45'296'789'000, 1};

// Those that a column of so many digits after the second holds.
std::vector<std::int64_t> rounded(std::vector<std::int64_t> times, const engine::Type& type) {
    const auto step =
        static_cast<std::int64_t>(power_of_ten(type.typmod < 0 ? 0 : 6 - type.typmod));
    std::erase_if(times, [&](std::int64_t time) { return time % step != 0; });
    return times;
}

std::vector<std::int64_t> moments() {
    std::vector<std::int64_t> moments{engine::before_all_times, engine::after_all_times};
    for (const std::int64_t day : days())
        for (const std::int64_t clock : {clocks[moments.size() % clocks.size()], clocks[0]})
            moments.push_back(day * 86'400'000'000 + clock);
    return moments;
}

// Whether value_text() can say it: of the years 1 to 9999, or infinite.
bool has_text(Kind kind, const std::byte* value) {
    using namespace std::chrono;
    constexpr std::int64_t first = (sys_days(1y / 1 / 1) - sys_days(2000y / 1 / 1)).count();
    constexpr std::int64_t end = (sys_days(10000y / 1 / 1) - sys_days(2000y / 1 / 1)).count();
    if (kind == Kind::date) {
        std::int32_t day = 0;
        std::memcpy(&day, value, sizeof day);
        return (day >= first && day < end) || day == std::numeric_limits<std::int32_t>::max() ||
               day == std::numeric_limits<std::int32_t>::min();
    }
    if (kind == Kind::timestamp || kind == Kind::timestamptz) {
        std::int64_t time = 0;
        std::memcpy(&time, value, sizeof time);
        return (time >= first * 86'400'000'000 && time < end * 86'400'000'000) ||
               time == engine::before_all_times || time == engine::after_all_times;
    }
    return true;
}

Vector edge_values(const engine::Type& type) {
    switch (type.kind) {
        case Kind::boolean:
            return vector_of<std::uint8_t>(type.kind, {1, 0});
        case Kind::int16:
            return integers<std::int32_t, std::int16_t>(type.kind);
        case Kind::int32:
            return integers<std::int32_t>(type.kind);
        case Kind::int64:
            return integers<std::int64_t>(type.kind);
        case Kind::float32:
            return floats(type.kind, std::numeric_limits<float>::max(), 1e-30f);
        case Kind::float64:
            return floats(type.kind, std::numeric_limits<double>::max(), 1e-200);
        case Kind::numeric:
            return numerics(type);
        case Kind::text:
        case Kind::varchar:
            return texts(type);
        case Kind::uuid:
            return vector_of<engine::Uuid>(type.kind, {{{}}, {{0x7f, 1}}, {{0xff, 0, 0xff}}});
        case Kind::date:
            return vector_of(type.kind, days());
        case Kind::time:
            return vector_of(type.kind, rounded(clocks, type));
        case Kind::timestamp:
        case Kind::timestamptz:
            return vector_of(type.kind, rounded(moments(), type));
        case Kind::json:
        case Kind::jsonb:
        case Kind::bytea:
        case Kind::other:
            break;
    }
    return vector_of<std::string_view>(type.kind, {});
}

std::size_t size_of(const Vector& values) {
    std::size_t size = 0;
    while (!values.is_null(size))
        ++size;
    return size + 1;
}

// Each value comes in each column, beside other ones each time.
std::size_t place_of(std::size_t row, std::size_t column, std::size_t values) {
    return (row + row / values * (column + 1) + column) % values;
}

std::int64_t record_time(std::size_t row) {
    constexpr std::int64_t leap_day_2024 = 1'709'210'096'789, some_weeks = 3'333'333'333;
    return leap_day_2024 + static_cast<std::int64_t>(row) * some_weeks;
}

postgres::Parameter record_time_text(const engine::Record& record) {
    Vector time(Kind::timestamptz);
    time.resize(1);
    time.set(0, engine::postgres_time(record.timestamp).value());
    return value_text(time, 0);
}

}  // namespace

EdgeRows::EdgeRows(const StreamPlan& plan, const std::vector<engine::Expression>& constants)
    : schema_(plan.schema), batch_(plan.schema) {
    constexpr std::size_t least_rows = 40, most_rows = 200;
    std::size_t rows = least_rows;
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
        if (!schema_.needs(i) || schema_.columns[i].type.kind >= Kind::json) continue;
        columns_.push_back(i);
        values_.push_back(values_of(schema_.columns[i].type, constants));
        rows = std::max(rows, size_of(values_.back()));
    }
    for (std::size_t row = 0; row < std::min(rows, most_rows); ++row)
        add_row(row);
}

Vector EdgeRows::values_of(const engine::Type& type,
                           const std::vector<engine::Expression>& constants) {
    Vector values = edge_values(type);
    for (const engine::Expression& constant : constants)
        add_constant(constant, type, values);
    return values;
}

// Where the engine can make it of this type.
void EdgeRows::add_constant(engine::Expression constant, const engine::Type& type, Vector& values) {
    if (constant.type.kind != type.kind || type.typmod >= 0) {
        engine::Expression cast;
        cast.node = engine::Expression::Node::cast;
        cast.type = type;
        cast.arguments.push_back(std::move(constant));
        constant = std::move(cast);
    }
    const auto compiled = engine::Program::compile(schema_, {&constant, 1});
    const auto* program = std::get_if<engine::Program>(&compiled);
    if (!program) return;
    constants_.push_back(*program);
    engine::Program::Scratch scratch(*program);
    const std::uint32_t any_row = 0;
    engine::Values value;
    if (!program->run(0, engine::Batch(schema_), {&any_row, 1}, scratch, value) ||
        value.is_null(0) || !has_text(type.kind, value.data))
        return;
    const std::size_t size = size_of(values);
    values.resize(size + 1);
    values.put(size - 1, 1, value.data, nullptr);
}

void EdgeRows::add_row(std::size_t row) {
    engine::Record record;
    record.value = std::string_view();  // without one it would be a tombstone
    record.timestamp = record_time(row);
    batch_.add(std::move(record),
               [&](const engine::Record&, engine::Batch& batch) -> std::optional<engine::Reject> {
                   for (std::size_t i = 0; i < columns_.size(); ++i) {
                       const auto place =
                           static_cast<std::uint32_t>(place_of(row, i, size_of(values_[i])));
                       std::byte value[sizeof(Numeric)];
                       values_[i].gather({&place, 1}, value);
                       const std::uint8_t is_null = values_[i].is_null(place);
                       batch.column(columns_[i]).put(row, 1, value, &is_null);
                   }
                   return std::nullopt;
               });
}

std::string EdgeRows::sql() const {
    std::vector<postgres::Parameter> names{"tidewheel_seq", "tidewheel_timestamp"};
    for (const std::size_t column : columns_)
        names.push_back(schema_.columns[column].name);
    std::vector<std::string> rows;
    for (std::size_t row = 0; row < batch_.rows(); ++row) {
        std::vector<postgres::Parameter> fields{std::to_string(row + 1),
                                                record_time_text(batch_.record_of(row))};
        for (const std::size_t column : columns_)
            fields.push_back(value_text(batch_.column(column), row));
        rows.push_back("(" + postgres::quote_literal(postgres::array_literal(fields)) +
                       "::pg_catalog.text[])");
    }
    return "(SELECT e.* FROM (VALUES " + joined(rows, ", ") +
           ") v (fields) CROSS JOIN LATERAL pg_catalog.jsonb_populate_record("
           "NULL::pg_temp.tidewheel_batch, pg_catalog.jsonb_object(" +
           postgres::quote_literal(postgres::array_literal(names)) +
           "::pg_catalog.text[], v.fields)) e) edges";
}

}  // namespace tidewheel::executor
