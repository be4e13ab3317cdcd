#pragma once
#include <memory>
#include <optional>
#include <string>

#include "json_object.hpp"
#include "row_writer.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::codec {

// The columns that are fields of the key, which is JSON, whatever the value is.
class KeyFields {
  public:
    KeyFields(const engine::Schema& schema, RowWriter& writer);

    // False: the writer knows why the record is refused.
    bool read(const engine::Record& record);

  private:
    std::unique_ptr<const engine::Schema> schema_;  // nullptr: no column is a field of the key
    std::optional<JsonObject> key_;
    std::string text_;
};

}  // namespace tidewheel::codec
