#include "tidewheel/codec/decoder_factory.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using codec::make_decoder;

namespace {

// The whole value is the text of the first column.
class RawDecoder final : public engine::Decoder {
  public:
    std::optional<engine::Reject> decode(const engine::Record& record,
                                         engine::Batch& batch) override {
        if (!record.value)
            return engine::Reject{engine::Reason::tombstone, "the record has no value", {}};
        batch.column(0).set(batch.row(), batch.arena().copy(*record.value));
        return std::nullopt;
    }
};

std::unique_ptr<engine::Decoder> make_raw_decoder(const engine::Schema&,
                                                  const codec::RecordFormat&) {
    return std::make_unique<RawDecoder>();
}

engine::Schema one_text() {
    engine::Schema schema;
    engine::Column line;
    line.name = "line";
    line.type = {engine::Kind::text, -1, "text"};
    line.path = {"line"};
    schema.columns.push_back(std::move(line));
    schema.needed = {true};
    return schema;
}

// The first column of a record with this value, or why it is refused.
std::string decoded(engine::Decoder& decoder, const engine::Schema& schema,
                    std::string_view value) {
    engine::Batch batch(schema);
    engine::Record record;
    record.value = value;
    batch.add(std::move(record), [&](const engine::Record& each, engine::Batch& into) {
        return decoder.decode(each, into);
    });
    return batch.rows() == 1 ? std::string(batch.column(0).at<std::string_view>(0))
                             : std::string(engine::name(batch.rejected()[0].reject.reason));
}

}  // namespace

TEST_CASE("the format of a stream chooses its decoder") {
    const engine::Schema schema = one_text();
    const auto json = make_decoder("json", schema);
    CHECK(decoded(*json, schema, R"({"line": "a"})") == "a");
    CHECK(decoded(*json, schema, "plain text") == "not_json");
}

TEST_CASE("another format is another row of the table") {
    const engine::Schema schema = one_text();
    std::vector<codec::DecoderFormat> formats(codec::decoder_formats().begin(),
                                              codec::decoder_formats().end());
    formats.push_back({"raw", make_raw_decoder});
    const auto raw = make_decoder("raw", schema, formats);
    CHECK(decoded(*raw, schema, "plain text") == "plain text");
    const auto json = make_decoder("json", schema, formats);
    CHECK(decoded(*json, schema, R"({"line": "a"})") == "a");
}

TEST_CASE("a format that is not registered is refused by its name") {
    const engine::Schema schema = one_text();
    try {
        make_decoder("thrift", schema);
        FAIL("it was made");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::pipeline);
        CHECK(std::string(error.what()) == "format 'thrift' is not supported");
        CHECK(error.hint() == "Supported formats: json, avro, csv, bytes.");
    }
}
