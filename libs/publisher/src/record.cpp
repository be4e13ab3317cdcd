#include "record.hpp"

#include <algorithm>
#include <memory>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/topic_target.hpp"

namespace tidewheel::publisher {
namespace {

using sql::StreamColumn;

constexpr std::string_view before_key = R"({"key":)";
constexpr std::string_view before_value = R"(,"value":)";

std::string literal(const std::string& text) {
    return postgres::quote_literal(text) + "::text";
}

// The column's value as SQL, and as JSON has it. A number since 1970 has its digits and no more.
std::string value_of(const StreamColumn& column) {
    const std::string name = "o." + postgres::quote_name(column.name);
    if (!column.epoch) return name;
    const std::string scale = "1" + std::string(static_cast<std::size_t>(*column.epoch), '0');
    return "trim_scale(extract(epoch FROM " + name + ") * " + scale + ")";
}

// An object, or the field that a column is: each name once, in the order of the columns.
struct Field {
    std::string name;
    const StreamColumn* column = nullptr;
    std::vector<Field> fields = {};
};

void insert(Field& object, const StreamColumn& column) {
    Field* at = &object;
    for (const std::string& name : column.path) {
        auto found = std::ranges::find(at->fields, name, &Field::name);
        if (found == at->fields.end()) {
            at->fields.push_back({name});
            found = std::prev(at->fields.end());
        }
        at = &*found;
    }
    at->column = &column;
}

// Appends to `parts`, of SQL of type text, joined by ||.
void write(const Field& field, std::string& parts) {
    if (field.column) {
        parts += " || coalesce(to_json(" + value_of(*field.column) + ")::text, 'null')";
        return;
    }
    std::string before = "{";
    for (const Field& each : field.fields) {
        parts += " || " + literal(before + codec::Json(each.name).dump() + ":");
        write(each, parts);
        before = ",";
    }
    parts += " || '}'";
}

std::string object_of(const sql::Stream& stream) {
    Field whole;
    for (const StreamColumn& column : stream.columns)
        if (column.source == engine::ColumnOrigin::field) insert(whole, column);
    std::string parts = "''";
    write(whole, parts);
    return parts;
}

// As text, without the quotes of JSON: a time as ISO 8601 has it.
std::string key_text(const StreamColumn& column) {
    return "coalesce(to_json(to_json(" + value_of(column) + ") #>> '{}')::text, 'null')";
}

std::string tombstone_condition(const sql::Stream& stream) {
    std::string condition;
    for (const StreamColumn& column : stream.columns)
        if (sql::is_value(stream, column))
            condition += (condition.empty() ? "o." : " AND o.") +
                         postgres::quote_name(column.name) + " IS NULL";
    return condition;
}

// Behind the string that `text` begins with.
std::size_t end_of_string(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            return i + 1;
    }
    return text.size();
}

}  // namespace

std::string record_sql(const sql::Stream& stream) {
    const StreamColumn* key = sql::key_of(stream);
    std::string value = object_of(stream);
    if (key && stream.ignores_tombstones)
        value = "CASE WHEN " + tombstone_condition(stream) + " THEN 'null' ELSE " + value + " END";
    return "('" + std::string(before_key) + "' || " + (key ? key_text(*key) : "'null'") + " || '" +
           std::string(before_value) + "' || (" + value + ") || '}')";
}

Record read_record(std::string_view text) {
    const Error unknown(Error::Kind::refused, "a row can't be read as a record");
    if (!text.starts_with(before_key) || !text.ends_with('}')) throw unknown;
    text.remove_prefix(before_key.size());
    text.remove_suffix(1);
    Record record;
    const std::size_t key =
        text.starts_with('"') ? end_of_string(text) : std::min<std::size_t>(4, text.size());
    if (text.starts_with('"')) {
        const auto parsed = codec::Json::parse(text.substr(0, key));
        if (!parsed) throw unknown;
        record.key = parsed->string();
    }
    text.remove_prefix(key);
    if (!text.starts_with(before_value)) throw unknown;
    text.remove_prefix(before_value.size());
    if (text != "null") record.value = text;
    return record;
}

}  // namespace tidewheel::publisher
