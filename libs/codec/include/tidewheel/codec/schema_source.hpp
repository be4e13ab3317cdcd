#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidewheel::codec {

// Where the schemas are that records name by a number: a schema registry.
class SchemaSource {
  public:
    virtual ~SchemaSource() = default;
    // The schema of an id, behind those whose types it names; nullopt: there is none of this id.
    // Throws Error (unavailable) when it can't tell now.
    virtual std::optional<std::vector<std::string>> find(std::uint32_t id) = 0;
};

}  // namespace tidewheel::codec
