#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "field_tree.hpp"
#include "flat_scanner.hpp"
#include "missing_fields.hpp"
#include "record_handler.hpp"
#include "row_writer.hpp"

namespace tidewheel::codec {

// Reads the fields of one JSON object of a record, its value or its key, into columns of a row.
class JsonObject {
  public:
    enum class Scan { yes, no };
    // The columns of the schema whose origin is a field. `what` begins what is said of a text that is
    // no object. The schema and the writer outlive it.
    JsonObject(const engine::Schema& schema, RowWriter& writer, std::string what, Scan scan);
    ~JsonObject();

    // engine::value_padding zeros follow the text. Each returns false when the record is refused; the
    // writer knows why.
    bool read(std::string_view text);
    // There is no object: its columns are NULL. No DEFAULT fills them.
    bool leave_null(engine::Reason reason, std::string_view why);

  private:
    class Scratch;
    class Trials;

    bool scan(std::string_view text);
    bool parse(std::string_view text);
    bool refuse(const rapidjson::ParseResult& result, std::string_view text);
    bool refuse_as_not_json(std::string_view what, std::size_t offset);

    RowWriter& writer_;
    std::string what_;
    FieldTree fields_;
    std::optional<FlatScanner> scanner_;
    RecordHandler handler_;
    std::unique_ptr<Trials> trials_;
    std::unique_ptr<Scratch> scratch_;
    MissingFields missing_;
};

}  // namespace tidewheel::codec
