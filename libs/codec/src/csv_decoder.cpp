#include "tidewheel/codec/csv_decoder.hpp"

#include <string>
#include <vector>

#include "csv_row.hpp"
#include "json_check.hpp"
#include "missing_fields.hpp"
#include "number_text.hpp"
#include "quoted_text.hpp"
#include "record_decoder.hpp"
#include "tidewheel/codec/json_decoder.hpp"

namespace tidewheel::codec {

using engine::Kind;
using engine::Reason;
using Shape = Value::Shape;

namespace {

class CsvDecoder final : public RecordDecoder {
  public:
    CsvDecoder(const engine::Schema& schema, const engine::CsvForm& form)
        : RecordDecoder(schema),
          schema_(schema),
          row_(form),
          check_(json_depth_limit),
          fields_(schema),
          missing_(schema, fields_, writer()) {
        for (std::size_t i = 0; i < schema.columns.size(); ++i)
            if (schema.columns[i].source == engine::ColumnOrigin::field)
                columns_.push_back({i, form_of(schema.columns[i].type.kind)});
    }

  private:
    // What a column wants beside the text: nothing, that the text is JSON, or the text as a string of
    // JSON.
    enum class Form : std::uint8_t { text, json, quoted };
    struct Column {
        std::size_t index;
        Form form;
    };

    static Form form_of(Kind kind) {
        if (kind == Kind::json || kind == Kind::jsonb) return Form::json;
        return kind == Kind::other ? Form::quoted : Form::text;
    }

    // A row that has not as many fields as there are columns is refused for that, whatever is in them.
    bool read_value(std::string_view value) override {
        if (!row_.begin(value)) return refuse_row();
        bool is_good = true;
        for (const Column& column : columns_) {
            if (!row_.next()) return refuse_missing(column.index);
            is_good = is_good && write(column);
        }
        return row_.next() || !row_.fault().empty() ? refuse_row() : is_good;
    }

    bool leave_null(Reason reason, std::string_view why) override {
        return missing_.leave_null(reason, why);
    }

    bool write(const Column& column) {
        if (row_.is_null()) return writer().write(column.index, {});
        Value value{Shape::string, row_.text(), {}};
        if (column.form == Form::text) return writer().write(column.index, value);
        if (column.form == Form::json) {
            if (!is_json(column.index)) return false;
            value.json = value.text;
        } else {
            quoted_.clear();
            append_quoted(value.text, quoted_);
            value.json = quoted_;
        }
        return writer().write(column.index, value);
    }

    bool is_json(std::size_t index) {
        const engine::Column& column = schema_.columns[index];
        const auto fault = check_.fault_of(row_.text());
        if (check_.is_too_deep()) return writer().refuse(Reason::too_deep, *fault, column.name);
        if (check_.has_large_number())
            return writer().refuse(Reason::out_of_range, std::string(beyond_limits), column.name);
        if (!fault) return true;
        return writer().refuse(
            Reason::wrong_type,
            shown(row_.text()) + " is not a JSON value (" + column.type.sql + "): " + *fault,
            column.name);
    }

    [[gnu::cold]] bool refuse_missing(std::size_t index) {
        if (!row_.fault().empty()) return refuse_row();
        const std::string& name = schema_.columns[index].name;
        return writer().refuse(Reason::not_csv, "missing data for column \"" + name + "\"", name);
    }

    [[gnu::cold]] bool refuse_row() {
        return writer().refuse(Reason::not_csv, row_.fault().empty()
                                                    ? "extra data after last expected column"
                                                    : row_.fault());
    }

    const engine::Schema& schema_;
    std::vector<Column> columns_;
    CsvRow row_;
    JsonCheck check_;
    std::string quoted_;
    FieldTree fields_;
    MissingFields missing_;  // for records without a value
};

}  // namespace

std::unique_ptr<engine::Decoder> make_csv_decoder(const engine::Schema& schema,
                                                  const engine::CsvForm& form) {
    return std::make_unique<CsvDecoder>(schema, form);
}

}  // namespace tidewheel::codec
