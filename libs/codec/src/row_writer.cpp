#include "row_writer.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "epoch_number.hpp"
#include "expected_form.hpp"
#include "number_text.hpp"
#include "numeric_text.hpp"
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

// One function per kind, and one for numbers that are times: reads the value and, when that worked, sets it.
struct RowWriter::Readers {
    template <class Stored>
    static void set(const Plan& plan, engine::Batch& batch, const Stored& value) {
        if (plan.needed) batch.column(plan.index).set(batch.row(), value);
    }

    static void set_text(const Plan& plan, engine::Batch& batch, std::string_view text) {
        if (plan.needed) batch.column(plan.index).set(batch.row(), batch.keep(text));
    }

    template <class Stored, class Limits = Stored>
    static ParseResult integer(const Plan& plan, const Value& value, engine::Batch& batch) {
        std::int64_t number = 0;
        const ParseResult verdict = read_integer(value.text, std::numeric_limits<Limits>::min(),
                                                 std::numeric_limits<Limits>::max(), number);
        if (verdict == ParseResult::ok) set(plan, batch, static_cast<Stored>(number));
        return verdict;
    }

    template <ParseResult (*read)(std::string_view, double&)>
    static ParseResult floating(const Plan& plan, const Value& value, engine::Batch& batch) {
        double number = 0;
        const ParseResult verdict = read(value.text, number);
        if (verdict == ParseResult::ok) set(plan, batch, number);
        return verdict;
    }

    static ParseResult boolean(const Plan& plan, const Value& value, engine::Batch& batch) {
        bool truth = value.text == "true";
        const ParseResult verdict = value.shape == Value::Shape::boolean
                                        ? ParseResult::ok
                                        : read_boolean(value.text, truth);
        if (verdict == ParseResult::ok) set(plan, batch, static_cast<std::uint8_t>(truth));
        return verdict;
    }

    static ParseResult numeric(const Plan& plan, const Value& value, engine::Batch& batch) {
        engine::Numeric number;
        const ParseResult verdict = read_numeric(value.text, plan.numeric, batch.arena(), number);
        if (verdict == ParseResult::ok) set(plan, batch, number);
        return verdict;
    }

    static ParseResult text(const Plan& plan, const Value& value, engine::Batch& batch) {
        set_text(plan, batch, value.text);
        return ParseResult::ok;
    }

    // Spaces beyond the limit go, as the SQL standard has it; anything else there is too long.
    static ParseResult varchar(const Plan& plan, const Value& value, engine::Batch& batch) {
        std::string_view kept = value.text;
        if (plan.length && kept.size() > static_cast<std::size_t>(*plan.length)) {
            kept = first_characters(value.text, static_cast<std::size_t>(*plan.length));
            const std::string_view excess = value.text.substr(kept.size());
            if (excess.find_first_not_of(' ') != std::string_view::npos)
                return ParseResult::out_of_range;
        }
        set_text(plan, batch, kept);
        return ParseResult::ok;
    }

    static ParseResult uuid(const Plan& plan, const Value& value, engine::Batch& batch) {
        engine::Uuid uuid;
        const ParseResult verdict = read_uuid(value.text, uuid);
        if (verdict == ParseResult::ok) set(plan, batch, uuid);
        return verdict;
    }

    static ParseResult date(const Plan& plan, const Value& value, engine::Batch& batch) {
        if (value.shape == Value::Shape::number) return ParseResult::wrong_type;
        std::int32_t days = 0;
        const ParseResult verdict = read_date(value.text, days);
        if (verdict == ParseResult::ok) set(plan, batch, days);
        return verdict;
    }

    template <ParseResult (*read)(std::string_view, int, std::int64_t&)>
    static ParseResult moment(const Plan& plan, const Value& value, engine::Batch& batch) {
        if (value.shape == Value::Shape::number) return ParseResult::wrong_type;
        std::int64_t microseconds = 0;
        const ParseResult verdict = read(value.text, plan.column->type.typmod, microseconds);
        if (verdict == ParseResult::ok) set(plan, batch, microseconds);
        return verdict;
    }

    static ParseResult epoch(const Plan& plan, const Value& value, engine::Batch& batch) {
        std::int64_t microseconds = 0;
        const engine::Column& column = *plan.column;
        const ParseResult verdict =
            read_epoch(value.text, *column.epoch, batch.arena(), microseconds);
        if (verdict != ParseResult::ok) return verdict;
        if (column.type.kind == Kind::date)
            set(plan, batch, day_of(microseconds));
        else
            set(plan, batch, round_to_typmod(microseconds, column.type.typmod));
        return verdict;
    }

    static ParseResult json(const Plan& plan, const Value& value, engine::Batch& batch) {
        if (value.json.empty()) return ParseResult::wrong_type;  // a key or a header is no JSON
        set_text(plan, batch, value.json);
        return ParseResult::ok;
    }

    static Read of(const engine::Column& column) {
        if (column.epoch) return epoch;
        switch (column.type.kind) {
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
            case Kind::bytea:
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

RowWriter::RowWriter(const engine::Schema& schema) : schema_(schema) {
    plans_.reserve(schema.columns.size());
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        const engine::Column& column = schema.columns[i];
        plans_.push_back({.read = Readers::of(column),
                          .index = i,
                          .needed = schema.needs(i),
                          .not_null = column.not_null,
                          .routes = static_cast<int>(i) == schema.route.column,
                          .numeric = numeric_limit(column.type),
                          .length = length_limit(column.type),
                          .column = &column});
    }
}

void RowWriter::begin(engine::Batch& batch) {
    batch_ = &batch;
    before_ = batch.arena().mark();
    route_value_.reset();
    reject_.reset();
}

void RowWriter::undo() {
    batch_->forget_row();
    batch_->arena().back_to(before_);
    route_value_.reset();
    reject_.reset();
}

bool RowWriter::write_null(const Plan& plan) {
    if (!plan.not_null) return true;
    return refuse(Reason::missing_field, "null in a column that is NOT NULL", plan.column->name);
}

bool RowWriter::write_moment(std::size_t column, std::int64_t microseconds) {
    const Plan& plan = plans_[column];
    const engine::Type& type = plan.column->type;
    if (type.kind != Kind::timestamp && type.kind != Kind::timestamptz)
        return refuse(Reason::wrong_type, "the record's time can't be " + type.sql,
                      plan.column->name);
    Readers::set(plan, *batch_, round_to_typmod(microseconds, type.typmod));
    return true;
}

bool RowWriter::take_whole(std::size_t column, std::int64_t value) {
    const Plan& plan = plans_[column];
    if (plan.column->epoch || plan.routes) return false;
    switch (plan.column->type.kind) {
        case Kind::int32:
            if (value < std::numeric_limits<std::int32_t>::min() ||
                value > std::numeric_limits<std::int32_t>::max())
                return false;
            Readers::set(plan, *batch_, static_cast<std::int32_t>(value));
            return true;
        case Kind::int64:
            Readers::set(plan, *batch_, value);
            return true;
        default:
            return false;
    }
}

bool RowWriter::take_double(std::size_t column, double value) {
    const Plan& plan = plans_[column];
    if (plan.column->type.kind != Kind::float64) return false;
    Readers::set(plan, *batch_, value);
    return true;
}

bool RowWriter::take_moment(std::size_t column, std::int64_t microseconds) {
    const Plan& plan = plans_[column];
    const engine::Type& type = plan.column->type;
    if (plan.column->epoch || plan.routes) return false;
    if (type.kind != Kind::timestamp && type.kind != Kind::timestamptz) return false;
    Readers::set(plan, *batch_, round_to_typmod(microseconds, type.typmod));
    return true;
}

bool RowWriter::take_bytes(std::size_t column, std::string_view bytes) {
    const Plan& plan = plans_[column];
    if (plan.column->type.kind != Kind::bytea) return false;
    Readers::set_text(plan, *batch_, bytes);
    return true;
}

bool RowWriter::check_route(int partition) {
    if (!route_value_) return true;
    const std::vector<int>* allowed = schema_.route.partitions_of(*route_value_);
    if (!allowed || std::ranges::find(*allowed, partition) != allowed->end()) return true;
    std::string list;
    for (const int right : *allowed)
        list += (list.empty() ? "" : ", ") + std::to_string(right);
    return refuse(Reason::misrouted,
                  shown(*route_value_) + " belongs to partition " + list +
                      ", but was read from partition " + std::to_string(partition),
                  schema_.columns[static_cast<std::size_t>(schema_.route.column)].name);
}

[[gnu::cold]] bool RowWriter::refuse(const Plan& plan, const Value& value, ParseResult verdict) {
    const engine::Type& type = plan.column->type;
    if (verdict == ParseResult::out_of_range)
        return refuse(Reason::out_of_range, shown(value.text) + " does not fit into " + type.sql,
                      plan.column->name);
    const bool is_number = value.shape == Value::Shape::number;
    return refuse(Reason::wrong_type,
                  shown(value.text) + " is not " + expected_form(*plan.column, is_number),
                  plan.column->name);
}

[[gnu::cold]] bool RowWriter::refuse(Reason reason, std::string detail, std::string column) {
    reject_ = Reject{reason, std::move(detail), std::move(column)};
    return false;
}

}  // namespace tidewheel::codec
