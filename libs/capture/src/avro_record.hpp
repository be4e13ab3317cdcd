#pragma once
#include <memory>
#include <string>
#include <vector>

#include "avro_schema.hpp"

namespace tidewheel::capture {

// Rows as Avro's binary encoding has them, by Apache's library. One thread.
class AvroRecord {
  public:
    // schema: of avro_schema(). Throws Error (refused) if the library doesn't take it.
    AvroRecord(const std::string& schema, std::vector<Column> columns);
    ~AvroRecord();
    AvroRecord(const AvroRecord&) = delete;
    AvroRecord& operator=(const AvroRecord&) = delete;

    std::string encode(const Values& values);

  private:
    struct Parts;  // the library's
    std::vector<Column> columns_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace tidewheel::capture
