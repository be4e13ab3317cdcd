#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "avro_types.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/verify/schema_lookup.hpp"

namespace tidewheel::verify {

// The records of a stream of the format avro as JSON, for the judgement in SQL. By Apache Avro's own
// library: it shares nothing with the services' decoder but docs/reference/avro.md.
class AvroDocuments {
  public:
    // Both outlive it.
    AvroDocuments(const catalogue::StoredStream& stream, const SchemaLookup& lookup);

    // nullopt: it is no record of its schema, or a field that a column takes can't be written.
    // Throws Error (unavailable) when the registry can't be asked.
    std::optional<std::string> document_of(std::string_view value);

  private:
    AvroTypes* types_of(std::string_view& value);

    const sql::Stream& stream_;
    const SchemaLookup& lookup_;
    std::vector<std::vector<std::string>> paths_;  // of the columns that are fields
    std::map<std::int64_t, std::optional<AvroTypes>> types_;
};

}  // namespace tidewheel::verify
