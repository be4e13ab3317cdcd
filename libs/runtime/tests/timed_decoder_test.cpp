#include "tidewheel/runtime/timed_decoder.hpp"

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;

namespace {

// Takes its time for each record, and refuses each third.
class SlowDecoder final : public engine::Decoder {
  public:
    static constexpr std::chrono::microseconds time{5};
    std::optional<engine::Reject> decode(const engine::Record& record, engine::Batch&) override {
        const auto began = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - began < time) {
        }
        if (record.offset % 3 != 0) return std::nullopt;
        return engine::Reject{engine::Reason::wrong_type, "refused", ""};
    }
};

}  // namespace

TEST_CASE("a decoder that is timed answers as it would, and its time is that of all records") {
    TimedDecoder decoder(std::make_unique<SlowDecoder>());
    engine::Schema schema;
    engine::Batch batch(schema);
    const auto decode = [&](std::int64_t records) {
        for (std::int64_t offset = 0; offset < records; ++offset) {
            engine::Record record;
            record.offset = offset;
            CHECK(decoder.decode(record, batch).has_value() == (offset % 3 == 0));
        }
    };
    CHECK(decoder.take() == TimedDecoder::Duration::zero());
    const std::int64_t many = 10 * TimedDecoder::sample_every;
    decode(many);
    CHECK(decoder.take() >= many * SlowDecoder::time);
    decode(3);  // by the mean, if there is no sample among them
    CHECK(decoder.take() >= 3 * SlowDecoder::time);
    CHECK(decoder.take() == TimedDecoder::Duration::zero());
}
