#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/core/result.hpp"

namespace tidewheel::codec {

enum class AvroType : std::uint8_t {
    null,
    boolean,
    int32,
    int64,
    float32,
    float64,
    bytes,
    string,
    fixed,
    enumeration,
    array,
    map,
    record,
    choice  // a union
};

enum class AvroLogical : std::uint8_t {
    none,
    decimal,
    uuid,
    date,
    time,             // of the unit `digits`, as the next two
    timestamp,        // a moment
    local_timestamp,  // a time on the wall
    duration
};

// A schema that records are written with, as the specification of Avro 1.12 has it. Of a schema that
// holds itself, a part points to the whole.
struct AvroSchema {
    struct Field {
        std::string name;
        const AvroSchema* schema;
    };

    AvroType type = AvroType::null;
    AvroLogical logical = AvroLogical::none;
    int digits = 0;                         // decimal: its scale; times: 3, 6 or 9 of a second
    std::size_t size = 0;                   // of a fixed
    std::vector<std::string> symbols;       // of an enum, in quotes
    std::vector<Field> fields;              // of a record
    std::vector<const AvroSchema*> inside;  // a union's branches, or the items of an array or a map
};

// A schema with all its parts.
class AvroSchemas {
  public:
    // The schema of the last text, each text after those whose types it names. The failure says what
    // is wrong. A logical type that is unknown or can't be of its type is ignored, as Avro says.
    static Result<AvroSchemas, std::string> parse(const std::vector<std::string>& texts);

    const AvroSchema& root() const { return *root_; }

  private:
    friend class AvroSchemaReader;
    std::vector<std::unique_ptr<AvroSchema>> parts_;
    const AvroSchema* root_ = nullptr;
};

}  // namespace tidewheel::codec
