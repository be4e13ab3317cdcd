#include <fstream>
#include <iterator>

#include "store_events.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

namespace {

const std::string directory = TIDEWHEEL_SOURCE_DIR "/proto/examples/store_events/";

std::string contents(const std::string& file) {
    std::ifstream in(directory + file, std::ios::binary);
    REQUIRE(in.good());
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE(
    "every example of a store event is taken, or refused for the reason that the index gives") {
    std::string error;
    const auto index = codec::Json::parse(contents("index.json"), &error);
    INFO(error);
    REQUIRE(index);
    REQUIRE(index->items().size() > 40);
    const engine::Schema schema = codec::store_events();
    const auto decoder = codec::make_json_decoder(schema);
    engine::Batch batch(schema);
    for (const codec::Json& example : index->items()) {
        const std::string& file = example.find("file")->string();
        const std::string bytes = contents(file);
        engine::Record record;
        record.value = bytes;
        batch.clear();
        batch.add(std::move(record),
                  [&](const engine::Record& r, engine::Batch& b) { return decoder->decode(r, b); });
        CAPTURE(file);
        if (const codec::Json* reason = example.find("reason")) {
            REQUIRE(batch.rejected().size() == 1);
            const engine::Reject& reject = batch.rejected()[0].reject;
            CAPTURE(reject.detail);
            CHECK(name(reject.reason) == reason->string());
            CHECK(reject.column == example.find("column")->string());
            CHECK_FALSE(reject.detail.empty());
        } else {
            INFO((batch.rejected().empty() ? "" : batch.rejected()[0].reject.detail));
            CHECK(batch.rows() == 1);
        }
    }
}
