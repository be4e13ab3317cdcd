#include "tidewheel/codec/avro_decoder.hpp"

#include <unordered_map>

#include "avro_record.hpp"
#include "missing_fields.hpp"
#include "record_decoder.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::codec {

using engine::Reason;

namespace {

// A schema that records are written with, and what is done with them.
struct Writer {
    AvroSchemas schemas;
    AvroStep root;
    std::string fault;  // why no record of it can be read; empty: it can
};

std::unique_ptr<Writer> make_writer(const std::vector<std::string>& texts, FieldTree& fields) {
    auto writer = std::make_unique<Writer>();
    Result<AvroSchemas, std::string> parsed = AvroSchemas::parse(texts);
    if (!parsed) {
        writer->fault = parsed.failure();
        return writer;
    }
    writer->schemas = std::move(*parsed);
    writer->root = steps_for(writer->schemas.root(), fields.root());
    return writer;
}

class AvroDecoder : public RecordDecoder {
  public:
    explicit AvroDecoder(const engine::Schema& schema)
        : RecordDecoder(schema),
          fields_(schema),
          record_(schema, fields_, writer()),
          missing_(schema, fields_, writer()) {}

  protected:
    // The writer of a value, which loses its framing; nullptr: the record is refused.
    virtual const Writer* writer_of(std::string_view& value) = 0;
    bool refuse(Reason reason, std::string why) { return writer().refuse(reason, std::move(why)); }
    FieldTree& fields() { return fields_; }

  private:
    bool read_value(std::string_view value) final {
        const Writer* const writer = writer_of(value);
        if (!writer) return false;
        if (writer->schemas.root().type != AvroType::record)
            return refuse(Reason::not_an_object, "the schema it was written with is no record");
        return record_.read(writer->root, value) && missing_.fill("");
    }
    bool leave_null(Reason reason, std::string_view why) final {
        return missing_.leave_null(reason, why);
    }

    FieldTree fields_;
    AvroRecord record_;
    MissingFields missing_;
};

class FramedDecoder final : public AvroDecoder {
  public:
    FramedDecoder(const engine::Schema& schema, SchemaSource& registry)
        : AvroDecoder(schema), registry_(registry) {}

  private:
    static constexpr std::size_t framing = 5;

    const Writer* writer_of(std::string_view& value) override {
        if (value.size() < framing || value[0] != '\0') {
            refuse(Reason::not_avro,
                   "the value doesn't begin with a zero byte and the four bytes of a schema's id");
            return nullptr;
        }
        std::uint32_t id = 0;
        for (std::size_t i = 1; i < framing; ++i)
            id = id << 8 | static_cast<std::uint8_t>(value[i]);
        value.remove_prefix(framing);
        if (newest_ && newest_id_ == id) return newest_;
        return find(id);
    }

    const Writer* find(std::uint32_t id) {
        auto found = writers_.find(id);
        if (found == writers_.end()) {
            const auto texts = registry_.find(id);
            if (!texts) {
                refuse(Reason::unknown_schema,
                       "the registry has no schema with the id " + std::to_string(id));
                return nullptr;
            }
            found = writers_.emplace(id, make_writer(*texts, fields())).first;
        }
        const Writer* const writer = found->second.get();
        if (!writer->fault.empty()) {
            refuse(Reason::unknown_schema,
                   "schema " + std::to_string(id) + " can't be read: " + writer->fault);
            return nullptr;
        }
        newest_id_ = id;
        return newest_ = writer;
    }

    SchemaSource& registry_;
    std::unordered_map<std::uint32_t, std::unique_ptr<Writer>> writers_;
    std::uint32_t newest_id_ = 0;
    const Writer* newest_ = nullptr;
};

class PlainDecoder final : public AvroDecoder {
  public:
    PlainDecoder(const engine::Schema& schema, const std::string& written)
        : AvroDecoder(schema), writer_(make_writer({written}, fields())) {
        if (!writer_->fault.empty())
            throw Error(Error::Kind::pipeline, "the schema can't be read: " + writer_->fault);
    }

  private:
    const Writer* writer_of(std::string_view&) override { return writer_.get(); }

    std::unique_ptr<Writer> writer_;
};

}  // namespace

std::unique_ptr<engine::Decoder> make_avro_decoder(const engine::Schema& schema,
                                                   SchemaSource& registry) {
    return std::make_unique<FramedDecoder>(schema, registry);
}

std::unique_ptr<engine::Decoder> make_avro_decoder(const engine::Schema& schema,
                                                   const std::string& written) {
    return std::make_unique<PlainDecoder>(schema, written);
}

std::string fault_of_avro_schema(const std::string& text) {
    const auto parsed = AvroSchemas::parse({text});
    if (!parsed) return parsed.failure();
    return parsed->root().type == AvroType::record ? "" : "it is no record";
}

}  // namespace tidewheel::codec
