#include "avro_record.hpp"

#include <avro.h>

#include <charconv>

#include "postgres_text.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::capture {
namespace {

void check(int failed) {
    if (failed) throw Error(Error::Kind::refused, std::string("Avro: ") + avro_strerror());
}

template <class Number>
Number number(const std::string& text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // from_chars reads inf, nan and what PostgreSQL writes: Infinity, NaN.
    if (error != std::errc() || end != text.data() + text.size())
        throw Error(Error::Kind::refused, "'" + text + "' is not a number");
    return value;
}

void set_bytes(avro_value_t& field, std::string bytes) {
    check(avro_value_set_bytes(&field, bytes.data(), bytes.size()));
}

void set(avro_value_t& field, const Column& column, const std::string& text) {
    switch (avro_type(column)) {
        case AvroType::boolean:
            return check(avro_value_set_boolean(&field, text == "true" || text == "t"));
        case AvroType::int32:
            return check(avro_value_set_int(&field, number<std::int32_t>(text)));
        case AvroType::int64:
            return check(avro_value_set_long(&field, number<std::int64_t>(text)));
        case AvroType::float32:
            return check(avro_value_set_float(&field, number<float>(text)));
        case AvroType::float64:
            return check(avro_value_set_double(&field, number<double>(text)));
        case AvroType::bytes:
            return set_bytes(field, bytea_bytes(text));
        case AvroType::decimal:
            return set_bytes(field, decimal_bytes(text, column.scale));
        case AvroType::date:
            return check(avro_value_set_int(&field, date_days(text)));
        case AvroType::timestamp:
            return check(avro_value_set_long(&field, timestamp_micros(text)));
        case AvroType::string:
            // The length has the zero at the end, which is not written.
            return check(avro_value_set_string_len(&field, const_cast<char*>(text.c_str()),
                                                   text.size() + 1));
    }
}

bool is_null(const Column& column, const std::optional<std::string>& text) {
    return !text || (avro_type(column) == AvroType::decimal && text->find('N') == 0);
}

}  // namespace

struct AvroRecord::Parts {
    avro_schema_t schema = nullptr;
    avro_value_iface_t* kind = nullptr;
    avro_value_t value{};
    avro_writer_t writer = nullptr;
    bool has_value = false;

    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() {
        if (writer) avro_writer_free(writer);
        if (has_value) avro_value_decref(&value);
        if (kind) avro_value_iface_decref(kind);
        if (schema) avro_schema_decref(schema);
    }
};

AvroRecord::AvroRecord(const std::string& schema, std::vector<Column> columns)
    : columns_(std::move(columns)), parts_(std::make_unique<Parts>()) {
    check(avro_schema_from_json_length(schema.data(), schema.size(), &parts_->schema));
    parts_->kind = avro_generic_class_from_schema(parts_->schema);
    if (!parts_->kind) check(1);
    check(avro_generic_value_new(parts_->kind, &parts_->value));
    parts_->has_value = true;
    parts_->writer = avro_writer_memory(nullptr, 0);
    if (!parts_->writer) check(1);
}

AvroRecord::~AvroRecord() = default;

std::string AvroRecord::encode(const Values& values) {
    check(avro_value_reset(&parts_->value));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Column& column = columns_[i];
        avro_value_t field;
        check(avro_value_get_by_index(&parts_->value, i, &field, nullptr));
        const bool null = is_null(column, values[i]);
        if (is_nullable(column)) check(avro_value_set_branch(&field, null ? 0 : 1, &field));
        if (null)
            check(avro_value_set_null(&field));
        else
            set(field, column, *values[i]);
    }
    std::size_t size = 0;
    check(avro_value_sizeof(&parts_->value, &size));
    std::string bytes(size, '\0');
    avro_writer_memory_set_dest(parts_->writer, bytes.data(), static_cast<std::int64_t>(size));
    check(avro_value_write(parts_->writer, &parts_->value));
    return bytes;
}

}  // namespace tidewheel::capture
