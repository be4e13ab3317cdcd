#include "row_writer.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "number_text.hpp"
#include "numeric_wire.hpp"
#include "tidewheel/codec/utf8.hpp"
#include "timestamp_text.hpp"
#include "uuid_text.hpp"

namespace tidewheel::codec {

using engine::Kind;
using engine::Reason;
using engine::Reject;

std::string shown(std::string_view text) {
    constexpr std::size_t longest = 60;
    const std::string_view start = first_characters(text, longest);
    return '"' + std::string(start) + (start.size() < text.size() ? "…\"" : "\"");
}

// One function per kind: reads the value and, when that worked, sets it.
struct RowWriter::Readers {
    template <class Stored, class Limits = Stored>
    static Verdict integer(const Plan&, const Value& value, Target to) {
        std::int64_t number = 0;
        const Verdict verdict = read_integer(value.text, std::numeric_limits<Limits>::min(),
                                             std::numeric_limits<Limits>::max(), number);
        if (verdict == Verdict::ok) to.vector.set(to.row, static_cast<Stored>(number));
        return verdict;
    }

    template <Verdict (*read)(std::string_view, double&)>
    static Verdict floating(const Plan&, const Value& value, Target to) {
        double number = 0;
        const Verdict verdict = read(value.text, number);
        if (verdict == Verdict::ok) to.vector.set(to.row, number);
        return verdict;
    }

    static Verdict boolean(const Plan&, const Value& value, Target to) {
        bool truth = false;
        const Verdict verdict = read_boolean(value.text, truth);
        if (verdict == Verdict::ok) to.vector.set(to.row, static_cast<std::uint8_t>(truth));
        return verdict;
    }

    static Verdict numeric(const Plan& plan, const Value& value, Target to) {
        std::string_view wire;
        const Verdict verdict = read_numeric(value.text, plan.numeric, to.arena, wire);
        if (verdict == Verdict::ok) to.vector.set(to.row, wire);
        return verdict;
    }

    static Verdict text(const Plan&, const Value& value, Target to) {
        to.vector.set(to.row, value.text);
        return Verdict::ok;
    }

    // Spaces beyond the limit go, as the SQL standard has it; anything else there is too long.
    static Verdict varchar(const Plan& plan, const Value& value, Target to) {
        std::string_view kept = value.text;
        if (plan.length && kept.size() > static_cast<std::size_t>(*plan.length)) {
            kept = first_characters(value.text, static_cast<std::size_t>(*plan.length));
            const std::string_view excess = value.text.substr(kept.size());
            if (excess.find_first_not_of(' ') != std::string_view::npos)
                return Verdict::out_of_range;
        }
        to.vector.set(to.row, kept);
        return Verdict::ok;
    }

    static Verdict uuid(const Plan&, const Value& value, Target to) {
        engine::Uuid uuid;
        const Verdict verdict = read_uuid(value.text, uuid);
        if (verdict == Verdict::ok) to.vector.set(to.row, uuid);
        return verdict;
    }

    static Verdict date(const Plan&, const Value& value, Target to) {
        if (value.shape == Value::Shape::number) return Verdict::wrong_type;
        std::int32_t days = 0;
        const Verdict verdict = read_date(value.text, days);
        if (verdict == Verdict::ok) to.vector.set(to.row, days);
        return verdict;
    }

    template <Verdict (*read)(std::string_view, int, std::int64_t&)>
    static Verdict moment(const Plan& plan, const Value& value, Target to) {
        if (value.shape == Value::Shape::number) return Verdict::wrong_type;
        std::int64_t microseconds = 0;
        const Verdict verdict = read(value.text, plan.column->type.typmod, microseconds);
        if (verdict == Verdict::ok) to.vector.set(to.row, microseconds);
        return verdict;
    }

    static Verdict json(const Plan&, const Value& value, Target to) {
        if (value.json.empty()) return Verdict::wrong_type;  // a key or a header is no JSON
        to.vector.set(to.row, value.json);
        return Verdict::ok;
    }

    static Read of(Kind kind) {
        switch (kind) {
            case Kind::boolean:
                return boolean;
            case Kind::int16:
                return integer<std::int32_t, std::int16_t>;
            case Kind::int32:
                return integer<std::int32_t>;
            case Kind::int64:
                return integer<std::int64_t>;
            case Kind::float32:
                return floating<read_float32>;
            case Kind::float64:
                return floating<read_float64>;
            case Kind::numeric:
                return numeric;
            case Kind::text:
                return text;
            case Kind::varchar:
                return varchar;
            case Kind::uuid:
                return uuid;
            case Kind::date:
                return date;
            case Kind::time:
                return moment<read_time>;
            case Kind::timestamp:
                return moment<read_timestamp>;
            case Kind::timestamptz:
                return moment<read_timestamptz>;
            case Kind::json:
            case Kind::jsonb:
            case Kind::other:
                break;
        }
        return json;
    }
};

namespace {

// What a column of this kind takes, for people whose value is not it.
std::string_view form_of(Kind kind) {
    switch (kind) {
        case Kind::uuid:
            return "a UUID of 32 hexadecimal digits";
        case Kind::date:
            return "a date like \"2024-05-06\"";
        case Kind::time:
            return "a time like \"07:08:09.123\"";
        case Kind::timestamp:
            return "a time like \"2024-05-06T07:08:09.123\"";
        case Kind::timestamptz:
            return "a time like \"2024-05-06T07:08:09.123Z\"";
        case Kind::boolean:
            return "true or false";
        case Kind::int16:
        case Kind::int32:
        case Kind::int64:
            return "a whole number";
        case Kind::float32:
        case Kind::float64:
        case Kind::numeric:
            return "a number";
        case Kind::text:
        case Kind::varchar:
        case Kind::json:
        case Kind::jsonb:
        case Kind::other:
            break;
    }
    return "a JSON value";
}

Reject refusal(const engine::Column& column, const Value& value, Verdict verdict) {
    const std::string& type = column.type.sql;
    if (verdict == Verdict::out_of_range)
        return {Reason::out_of_range, shown(value.text) + " doesn't fit into " + type, column.name};
    return {
        Reason::wrong_type,
        shown(value.text) + " is not " + std::string(form_of(column.type.kind)) + " (" + type + ")",
        column.name};
}

}  // namespace

RowWriter::RowWriter(const engine::Schema& schema) : schema_(schema) {
    plans_.reserve(schema.columns.size());
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        const engine::Column& column = schema.columns[i];
        plans_.push_back({&column, Readers::of(column.type.kind), schema.needs(i),
                          numeric_limit(column.type), length_limit(column.type)});
    }
}

void RowWriter::begin(engine::Batch& batch) {
    batch_ = &batch;
    route_value_.reset();
}

std::optional<Reject> RowWriter::write(std::size_t column, const Value& value) {
    const Plan& plan = plans_[column];
    if (value.shape == Value::Shape::null) {
        if (!plan.column->not_null) return std::nullopt;
        return Reject{Reason::missing_field, "null in a column that is NOT NULL",
                      plan.column->name};
    }
    engine::Vector& vector = batch_->column(column);
    const Verdict verdict = plan.read(plan, value, {vector, batch_->row(), batch_->arena()});
    if (verdict != Verdict::ok) return refusal(*plan.column, value, verdict);
    if (static_cast<int>(column) == schema_.route.column) route_value_ = value.text;
    if (!plan.needed) vector.set_null(batch_->row());
    return std::nullopt;
}

std::optional<Reject> RowWriter::write_moment(std::size_t column, std::int64_t microseconds) {
    const Plan& plan = plans_[column];
    const engine::Type& type = plan.column->type;
    if (type.kind != Kind::timestamp && type.kind != Kind::timestamptz)
        return Reject{Reason::wrong_type, "the record's time can't be " + type.sql,
                      plan.column->name};
    if (plan.needed)
        batch_->column(column).set(batch_->row(), round_to_typmod(microseconds, type.typmod));
    return std::nullopt;
}

std::optional<Reject> RowWriter::check_route(int partition) const {
    if (!route_value_) return std::nullopt;
    const std::vector<int>* allowed = schema_.route.partitions_of(*route_value_);
    if (!allowed || std::ranges::find(*allowed, partition) != allowed->end()) return std::nullopt;
    std::string list;
    for (const int right : *allowed)
        list += (list.empty() ? "" : ", ") + std::to_string(right);
    return Reject{Reason::misrouted,
                  shown(*route_value_) + " belongs to partition " + list +
                      ", and came by partition " + std::to_string(partition),
                  schema_.columns[static_cast<std::size_t>(schema_.route.column)].name};
}

}  // namespace tidewheel::codec
