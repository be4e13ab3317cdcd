#include "avro_documents.hpp"

#include <algorithm>
#include <cmath>

#include "avro_text.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

using Path = std::vector<std::string>;
using Text = std::optional<std::string>;

std::string member_text(json_t* object, const char* member) {
    const char* const text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

Text in_quotes(const Text& text) {
    return text ? json_string(*text) : std::nullopt;
}

Text of_int(json_t* schema, std::int64_t value) {
    const std::string logical = member_text(schema, "logicalType");
    if (logical == "date") return in_quotes(day_text(value));
    if (logical == "time-millis") return in_quotes(clock_text(value, 1000));
    return std::to_string(value);
}

Text of_long(json_t* schema, std::int64_t value) {
    std::string logical = member_text(schema, "logicalType");
    if (logical == "time-micros") return in_quotes(clock_text(value, 1'000'000));
    const bool is_local = logical.starts_with("local-");
    if (is_local) logical.erase(0, 6);
    const std::string suffix = is_local ? "" : "Z";
    if (logical == "timestamp-millis") return in_quotes(moment_text(value, 1000, suffix));
    if (logical == "timestamp-micros") return in_quotes(moment_text(value, 1'000'000, suffix));
    if (logical == "timestamp-nanos") return in_quotes(moment_text(value, 1'000'000'000, suffix));
    return std::to_string(value);
}

Text of_double(double number) {
    if (std::isnan(number)) return "\"NaN\"";
    if (std::isinf(number)) return number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return number_text(number);
}

Text of_bytes(json_t* schema, std::string_view bytes, bool is_fixed) {
    const std::string logical = member_text(schema, "logicalType");
    const auto precision = json_integer_value(json_object_get(schema, "precision"));
    const auto scale = json_integer_value(json_object_get(schema, "scale"));
    if (logical == "decimal" && precision >= 1 && precision <= 1000 && scale >= 0 &&
        scale <= precision)
        return decimal_text(bytes, static_cast<std::size_t>(scale));
    if (is_fixed && logical == "uuid" && bytes.size() == 16) return in_quotes(uuid_text(bytes));
    if (is_fixed && logical == "duration" && bytes.size() == 12)
        return in_quotes(duration_text(bytes));
    return in_quotes("\\x" + to_hex(bytes));
}

// Writes a value of Avro as JSON.
class Writer {
  public:
    Writer(const AvroTypes& types, const std::vector<Path>& wanted)
        : types_(types), wanted_(wanted) {}

    // Only the fields that some column takes, or is inside of: what nobody takes may be anything.
    Text record(const avro_value_t& value, json_t* schema, std::string space, const Path& path) {
        std::size_t size = 0;
        avro_value_get_size(&value, &size);
        json_t* const fields = json_object_get(schema, "fields");
        std::vector<std::string> members;
        for (std::size_t i = 0; i < size; ++i) {
            avro_value_t field;
            const char* name = nullptr;
            avro_value_get_by_index(&value, i, &field, &name);
            Path inner = path;
            inner.emplace_back(name);
            if (!is_wanted(inner)) continue;
            const Text text =
                json(field, json_object_get(json_array_get(fields, i), "type"), space, inner);
            if (!text) return std::nullopt;
            members.push_back(json_string(name).value_or("\"\"") + ": " + *text);
        }
        return "{" + joined(members, ", ") + "}";
    }

  private:
    static bool is_prefix(const Path& a, const Path& b) {
        return a.size() <= b.size() && std::equal(a.begin(), a.end(), b.begin());
    }
    bool is_wanted(const Path& path) const {
        return std::ranges::any_of(wanted_, [&](const Path& each) {
            return is_prefix(each, path) || is_prefix(path, each);
        });
    }

    Text json(const avro_value_t& value, json_t* given, std::string space, const Path& path) {
        json_t* const schema = types_.resolve(given, space);
        switch (avro_value_get_type(&value)) {
            case AVRO_RECORD:
                return record(value, schema, space, path);
            case AVRO_ARRAY:
                return items(value, json_object_get(schema, "items"), space, path, false);
            case AVRO_MAP:
                return items(value, json_object_get(schema, "values"), space, path, true);
            case AVRO_UNION: {
                int branch = 0;
                avro_value_t chosen;
                avro_value_get_discriminant(&value, &branch);
                if (avro_value_get_current_branch(&value, &chosen) != 0) return std::nullopt;
                return json(chosen, json_array_get(schema, static_cast<std::size_t>(branch)), space,
                            path);
            }
            default:
                return scalar(value, schema);
        }
    }

    Text items(const avro_value_t& value, json_t* schema, const std::string& space,
               const Path& path, bool have_names) {
        std::size_t size = 0;
        avro_value_get_size(&value, &size);
        std::vector<std::string> all;
        for (std::size_t i = 0; i < size; ++i) {
            avro_value_t item;
            const char* name = nullptr;
            avro_value_get_by_index(&value, i, &item, &name);
            const Text text = json(item, schema, space, path);
            const Text key = have_names ? json_string(name) : Text("");
            if (!text || !key) return std::nullopt;
            all.push_back(*key + (have_names ? ": " : "") + *text);
        }
        return (have_names ? "{" : "[") + joined(all, ", ") + (have_names ? "}" : "]");
    }

    static Text scalar(const avro_value_t& value, json_t* schema) {
        int truth = 0;
        std::int32_t number = 0;
        std::int64_t large = 0;
        float single = 0;
        double real = 0;
        const char* text = nullptr;
        const void* bytes = nullptr;
        std::size_t size = 0;
        switch (avro_value_get_type(&value)) {
            case AVRO_NULL:
                return "null";
            case AVRO_BOOLEAN:
                avro_value_get_boolean(&value, &truth);
                return truth ? "true" : "false";
            case AVRO_INT32:
                avro_value_get_int(&value, &number);
                return of_int(schema, number);
            case AVRO_INT64:
                avro_value_get_long(&value, &large);
                return of_long(schema, large);
            case AVRO_FLOAT:
                avro_value_get_float(&value, &single);
                return of_double(static_cast<double>(single));
            case AVRO_DOUBLE:
                avro_value_get_double(&value, &real);
                return of_double(real);
            case AVRO_STRING:  // its size has the zero at the end
                avro_value_get_string(&value, &text, &size);
                return json_string({text, size - 1});
            case AVRO_BYTES:
                avro_value_get_bytes(&value, &bytes, &size);
                return of_bytes(schema, {static_cast<const char*>(bytes), size}, false);
            case AVRO_FIXED:
                avro_value_get_fixed(&value, &bytes, &size);
                return of_bytes(schema, {static_cast<const char*>(bytes), size}, true);
            case AVRO_ENUM: {
                avro_value_get_enum(&value, &number);
                json_t* const symbols = json_object_get(schema, "symbols");
                const char* const symbol =
                    json_string_value(json_array_get(symbols, static_cast<std::size_t>(number)));
                return symbol ? json_string(symbol) : std::nullopt;
            }
            default:
                return std::nullopt;
        }
    }

    const AvroTypes& types_;
    const std::vector<Path>& wanted_;
};

constexpr std::size_t framing = 5;  // a zero, and four bytes of an id

}  // namespace

AvroDocuments::AvroDocuments(const catalogue::StoredStream& stream, const SchemaLookup& lookup)
    : stream_(stream.stream), lookup_(lookup) {
    for (const engine::Column& column : stream.schema.columns)
        if (column.source == engine::ColumnOrigin::field) paths_.push_back(column.path);
}

AvroTypes* AvroDocuments::types_of(std::string_view& value) {
    std::int64_t id = -1;
    if (!stream_.registry.empty()) {
        if (value.size() < framing || value[0] != 0) return nullptr;
        id = 0;
        for (std::size_t i = 1; i < framing; ++i)
            id = id * 256 + static_cast<unsigned char>(value[i]);
        value.remove_prefix(framing);
    }
    auto found = types_.find(id);
    if (found == types_.end()) {
        const auto texts = id < 0 ? std::vector<std::string>{stream_.schema}
                                  : lookup_(stream_.registry, static_cast<std::uint32_t>(id))
                                        .value_or(std::vector<std::string>{});
        found = types_.emplace(id, AvroTypes::read(texts)).first;
    }
    return found->second ? &*found->second : nullptr;
}

std::optional<std::string> AvroDocuments::document_of(std::string_view value) {
    AvroTypes* const types = types_of(value);
    if (!types) return std::nullopt;
    const auto read = types->value_of(value);
    std::string space;
    json_t* const schema = types->resolve(types->root(), space);
    if (!read || avro_value_get_type(&*read) != AVRO_RECORD) return std::nullopt;
    return Writer(*types, paths_).record(*read, schema, space, {});
}

}  // namespace tidewheel::verify
