#include "key_fields.hpp"

#include <algorithm>

#include "tidewheel/engine/record_copy.hpp"

namespace tidewheel::codec {
namespace {

bool is_field_of_key(const engine::Column& column) {
    return column.source == engine::ColumnOrigin::key && !column.path.empty();
}

// The columns that are fields of the key, as if they were fields of a value; all others are none.
std::unique_ptr<engine::Schema> schema_of_key(const engine::Schema& schema) {
    if (std::ranges::none_of(schema.columns, is_field_of_key)) return nullptr;
    auto of_key = std::make_unique<engine::Schema>(schema);
    for (engine::Column& column : of_key->columns)
        column.source =
            is_field_of_key(column) ? engine::ColumnOrigin::field : engine::ColumnOrigin::value;
    return of_key;
}

}  // namespace

KeyFields::KeyFields(const engine::Schema& schema, RowWriter& writer)
    : schema_(schema_of_key(schema)) {
    if (schema_) key_.emplace(*schema_, writer, "the key: ", JsonObject::Scan::no);
}

bool KeyFields::read(const engine::Record& record) {
    if (!key_) return true;
    if (!record.key)
        return key_->leave_null(engine::Reason::missing_field, "the record has no key");
    text_.assign(*record.key).append(engine::value_padding, '\0');
    return key_->read(std::string_view(text_).substr(0, record.key->size()));
}

}  // namespace tidewheel::codec
