#include "tidewheel/codec/avro_decoder.hpp"

#include <optional>
#include <unordered_map>

#include "avro_record.hpp"
#include "key_fields.hpp"
#include "missing_fields.hpp"
#include "record_metadata.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::codec {

using engine::Reason;
using engine::Reject;

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

class AvroDecoder : public engine::Decoder {
  public:
    explicit AvroDecoder(const engine::Schema& schema)
        : writer_(schema),
          fields_(schema),
          record_(schema, fields_, writer_),
          missing_(schema, fields_, writer_),
          key_(schema, writer_),
          metadata_(schema),
          takes_tombstones_(schema.takes_tombstones()) {}

    std::optional<Reject> decode(const engine::Record& record, engine::Batch& batch) final {
        if (!record.value && !takes_tombstones_)
            return Reject{Reason::tombstone, "the record has no value", {}};
        if (record.value && record.value->empty())
            return Reject{Reason::empty, "the value is empty", {}};
        writer_.begin(batch);
        if (read_value(record) && key_.read(record) && metadata_.write(record, writer_) &&
            writer_.check_route(record.partition))
            return std::nullopt;
        return writer_.take_reject();
    }

  protected:
    // The writer of a value, which loses its framing; nullptr: the record is refused.
    virtual const Writer* writer_of(std::string_view& value) = 0;
    bool refuse(Reason reason, std::string why) { return writer_.refuse(reason, std::move(why)); }
    FieldTree& fields() { return fields_; }

  private:
    bool read_value(const engine::Record& record) {
        if (!record.value) return missing_.leave_null(Reason::tombstone, "the record has no value");
        std::string_view value = *record.value;
        const Writer* const writer = writer_of(value);
        if (!writer) return false;
        if (writer->schemas.root().type != AvroType::record)
            return refuse(Reason::not_an_object, "the schema it was written with is no record");
        return record_.read(writer->root, value) && missing_.fill("");
    }

    RowWriter writer_;
    FieldTree fields_;
    AvroRecord record_;
    MissingFields missing_;
    KeyFields key_;
    RecordMetadata metadata_;
    bool takes_tombstones_;
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
