#pragma once
#include <avro.h>
#include <jansson.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// A writer's schema, as Apache Avro's C library reads it, and as JSON, for what that library leaves
// out: logical types.
namespace tidewheel::verify {

class AvroTypes {
  public:
    // nullopt: the library doesn't take the schema. The last text is the schema; those before it
    // declare types that it names.
    static std::optional<AvroTypes> read(const std::vector<std::string>& texts);

    // The value of a record's bytes; nullopt: they are no such record. Until the next call.
    std::optional<avro_value_t> value_of(std::string_view bytes);
    json_t* root() const { return json_.get(); }
    // What a schema is that may be a name. `space`: the namespace around it, which becomes that of
    // the schema.
    json_t* resolve(json_t* schema, std::string& space) const;

  private:
    template <auto Free>
    struct Deleter {
        template <class T>
        void operator()(T* pointer) const {
            Free(pointer);
        }
    };
    static void free_json(json_t* json) { json_decref(json); }
    static void free_schema(avro_schema_t schema) { avro_schema_decref(schema); }
    static void free_class(avro_value_iface_t* iface) { avro_value_iface_decref(iface); }
    struct FreeValue {
        void operator()(avro_value_t* value) const {
            avro_value_decref(value);
            delete value;
        }
    };

    void declare(json_t* schema, const std::string& space);

    std::vector<std::unique_ptr<json_t, Deleter<free_json>>> declared_;
    std::unique_ptr<json_t, Deleter<free_json>> json_;
    std::unique_ptr<avro_obj_t, Deleter<free_schema>> schema_;
    std::unique_ptr<avro_value_iface_t, Deleter<free_class>> class_;
    std::unique_ptr<avro_value_t, FreeValue> value_;
    std::map<std::string, json_t*> named_;
};

}  // namespace tidewheel::verify
