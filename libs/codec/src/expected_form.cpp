#include "expected_form.hpp"

#include <string_view>

namespace tidewheel::codec {

using engine::EpochUnit;
using engine::Kind;

namespace {

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
        case Kind::bytea:
        case Kind::other:
            break;
    }
    return "a JSON value";
}

std::string_view form_of(EpochUnit unit) {
    switch (unit) {
        case EpochUnit::second:
            return "a number of seconds since 1970";
        case EpochUnit::millisecond:
            return "a number of milliseconds since 1970";
        case EpochUnit::microsecond:
            return "a number of microseconds since 1970";
        case EpochUnit::nanosecond:
            break;
    }
    return "a number of nanoseconds since 1970";
}

bool can_be_epoch(Kind kind) {
    return kind == Kind::date || kind == Kind::timestamp || kind == Kind::timestamptz;
}

}  // namespace

std::string expected_form(const engine::Column& column, bool is_number) {
    const engine::Type& type = column.type;
    std::string form(column.epoch ? form_of(*column.epoch) : form_of(type.kind));
    form += " (" + type.sql + ")";
    if (is_number && !column.epoch && can_be_epoch(type.kind))
        form += "; a number needs the column's option epoch 's', 'ms', 'us' or 'ns'";
    return form;
}

}  // namespace tidewheel::codec
