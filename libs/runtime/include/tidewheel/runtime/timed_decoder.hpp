#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::runtime {

// A decoder whose time is known by samples: two looks at the clock for every record would cost more
// than what they measure. One thread.
class TimedDecoder final : public engine::Decoder {
  public:
    using Duration = std::chrono::steady_clock::duration;
    static constexpr std::uint64_t sample_every = 32;  // records

    explicit TimedDecoder(std::unique_ptr<engine::Decoder> decoder)
        : decoder_(std::move(decoder)) {}

    std::optional<engine::Reject> decode(const engine::Record& record,
                                         engine::Batch& batch) override {
        if (records_++ % sample_every != 0) return decoder_->decode(record, batch);
        const auto began = std::chrono::steady_clock::now();
        auto result = decoder_->decode(record, batch);
        sampled_ += std::chrono::steady_clock::now() - began;
        ++samples_;
        return result;
    }

    // About how long all records took since it was last asked.
    Duration take() {
        if (samples_ > 0) mean_ = sampled_ / samples_;
        samples_ = 0;
        sampled_ = {};
        return mean_ * static_cast<Duration::rep>(std::exchange(records_, 0));
    }

  private:
    std::unique_ptr<engine::Decoder> decoder_;
    std::uint64_t records_ = 0;
    Duration::rep samples_ = 0;
    Duration sampled_{}, mean_{};  // mean_: of a record, by the last samples
};

}  // namespace tidewheel::runtime
