#include "avro_types.hpp"

#include <set>
#include <string_view>

namespace tidewheel::verify {
namespace {

std::string text_of(json_t* object, const char* member) {
    const char* const text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

bool is_named(const std::string& type) {
    return type == "record" || type == "error" || type == "enum" || type == "fixed";
}

std::string full_name(const std::string& name, const std::string& space) {
    return space.empty() || name.find('.') != std::string::npos ? name : space + "." + name;
}

std::string space_of(const std::string& name) {
    const auto dot = name.rfind('.');
    return dot == std::string::npos ? "" : name.substr(0, dot);
}

std::string name_of(json_t* schema, const std::string& space) {
    const json_t* const own = json_object_get(schema, "namespace");
    return full_name(text_of(schema, "name"), own ? text_of(schema, "namespace") : space);
}

// The library takes one text alone: the first mention of a type of another text becomes the type.
class Joiner {
  public:
    explicit Joiner(const std::map<std::string, json_t*>& named) : named_(named) {}

    json_t* joined(json_t* schema, const std::string& space) {  // a new reference
        if (json_is_string(schema)) return of_name(schema, space);
        if (json_is_array(schema)) {
            json_t* const list = json_array();
            for (std::size_t i = 0; i < json_array_size(schema); ++i)
                json_array_append_new(list, joined(json_array_get(schema, i), space));
            return list;
        }
        return of_object(schema, space);
    }

  private:
    json_t* of_name(json_t* name, const std::string& space) {
        const std::string full = full_name(json_string_value(name), space);
        const auto found = named_.find(full);
        if (found == named_.end() || seen_.contains(full)) return json_incref(name);
        json_t* const whole = joined(found->second, space_of(full));
        json_object_set_new(whole, "name", json_string(full.c_str()));
        return whole;
    }

    json_t* of_object(json_t* schema, const std::string& space) {
        json_t* const copy = json_copy(schema);
        const std::string type = text_of(schema, "type");
        std::string inner = space;
        if (is_named(type)) {
            const std::string name = name_of(schema, space);
            seen_.insert(name);
            inner = space_of(name);
        }
        for (const char* member : {"items", "values"})
            if (json_t* const part = json_object_get(schema, member))
                json_object_set_new(copy, member, joined(part, inner));
        if (json_t* const part = json_object_get(schema, "type"); type.empty())
            json_object_set_new(copy, "type", joined(part, inner));
        if (json_t* const fields = json_object_get(schema, "fields"))
            json_object_set_new(copy, "fields", joined_fields(fields, inner));
        return copy;
    }

    json_t* joined_fields(json_t* fields, const std::string& space) {
        json_t* const list = json_array();
        for (std::size_t i = 0; i < json_array_size(fields); ++i) {
            json_t* const field = json_copy(json_array_get(fields, i));
            json_object_set_new(field, "type", joined(json_object_get(field, "type"), space));
            json_array_append_new(list, field);
        }
        return list;
    }

    const std::map<std::string, json_t*>& named_;
    std::set<std::string> seen_;
};

}  // namespace

std::optional<AvroTypes> AvroTypes::read(const std::vector<std::string>& texts) {
    AvroTypes types;
    std::map<std::string, json_t*> of_others;
    for (const std::string& text : texts) {
        of_others = types.named_;
        types.declared_.emplace_back(
            json_loadb(text.data(), text.size(), JSON_DECODE_ANY, nullptr));
        if (!types.declared_.back()) return std::nullopt;
        types.declare(types.declared_.back().get(), "");
    }
    if (types.declared_.empty()) return std::nullopt;
    types.json_.reset(Joiner(of_others).joined(types.declared_.back().get(), ""));
    const std::unique_ptr<char, Deleter<free>> whole(
        json_dumps(types.json_.get(), JSON_ENCODE_ANY));
    avro_schema_t schema = nullptr;
    if (!whole || avro_schema_from_json_length(whole.get(), std::string_view(whole.get()).size(),
                                               &schema) != 0)
        return std::nullopt;
    types.schema_.reset(schema);
    types.class_.reset(avro_generic_class_from_schema(schema));
    types.value_.reset(new avro_value_t{});
    if (!types.class_ || avro_generic_value_new(types.class_.get(), types.value_.get()) != 0)
        return std::nullopt;
    return types;
}

void AvroTypes::declare(json_t* schema, const std::string& space) {
    for (std::size_t i = 0; i < json_array_size(schema); ++i)
        declare(json_array_get(schema, i), space);
    if (!json_is_object(schema)) return;
    std::string inner = space;
    if (is_named(text_of(schema, "type"))) {
        const std::string name = name_of(schema, space);
        named_[name] = schema;
        inner = space_of(name);
    }
    for (const char* member : {"type", "items", "values"})
        declare(json_object_get(schema, member), inner);
    json_t* const fields = json_object_get(schema, "fields");
    for (std::size_t i = 0; i < json_array_size(fields); ++i)
        declare(json_object_get(json_array_get(fields, i), "type"), inner);
}

json_t* AvroTypes::resolve(json_t* schema, std::string& space) const {
    if (json_is_string(schema)) {
        const auto found = named_.find(full_name(json_string_value(schema), space));
        if (found == named_.end()) return schema;
        space = space_of(found->first);
        return found->second;
    }
    if (!json_is_object(schema)) return schema;
    json_t* const type = json_object_get(schema, "type");
    if (!json_is_string(type)) return resolve(type, space);
    if (is_named(json_string_value(type)))
        space = space_of(name_of(schema, space));
    else if (named_.contains(full_name(json_string_value(type), space)))
        return resolve(type, space);
    return schema;
}

std::optional<avro_value_t> AvroTypes::value_of(std::string_view bytes) {
    avro_value_reset(value_.get());
    avro_reader_t reader =
        avro_reader_memory(bytes.data(), static_cast<std::int64_t>(bytes.size()));
    char left_over = 0;
    const bool is_whole =
        avro_value_read(reader, value_.get()) == 0 && avro_read(reader, &left_over, 1) != 0;
    avro_reader_free(reader);
    if (!is_whole) return std::nullopt;
    return *value_;
}

}  // namespace tidewheel::verify
