#pragma once
#include <cmath>
#include <cstdint>

namespace tidewheel::producer {

// A share of all events, scaled to 2^32 so that 0 and 100 percent are exact.
struct Share {
    std::uint64_t threshold = 0;
    static Share percent(double value) {
        return {static_cast<std::uint64_t>(std::llround(value / 100 * 4294967296.0))};
    }
};

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
// Not one of <random>'s: their distributions differ between standard libraries, and the same seed
// has to mean the same bytes everywhere.
class SplitMix64 {
  public:
    explicit constexpr SplitMix64(std::uint64_t state) : state_(state) {}

    constexpr std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        return mix(state_);
    }
    constexpr std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }
    constexpr int between(int lowest, int highest) {
        return lowest + static_cast<int>(below(static_cast<std::uint32_t>(highest - lowest + 1)));
    }
    constexpr bool coin() { return next() >> 63; }
    constexpr bool chance(Share share) { return (next() >> 32) < share.threshold; }

    static constexpr std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_;
};

}  // namespace tidewheel::producer
