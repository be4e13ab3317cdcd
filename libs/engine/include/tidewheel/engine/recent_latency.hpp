#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/record.hpp"

// How long records took from their own time until the commit that shows their effect.
namespace tidewheel::engine {

// Half of the records took no longer than p50, 99 of 100 no longer than p99; milliseconds.
struct Latency {
    std::int64_t p50 = 0, p99 = 0;
    bool operator==(const Latency&) const = default;
};

// Counts of latencies. Exact up to 15 ms; beyond, a bucket is an eighth of its lower bound wide.
class LatencyCounts {
  public:
    void add(std::int64_t milliseconds);
    void add(const LatencyCounts& others);
    std::optional<Latency> latency() const;  // nullopt: there are none

  private:
    std::int64_t quantile(std::uint64_t per_cent) const;

    static constexpr int octaves = 37;  // above 15 ms: up to 69 years
    std::array<std::uint64_t, 8 * (octaves + 2)> counts_{};
    std::uint64_t total_ = 0;
};

// Of one lane's statements, over the last minute or two. Nobody relies on it: it may be lost.
class RecentLatency {
  public:
    static constexpr std::chrono::minutes window{1};

    // The statements have just committed these records. Those without a time, or with one before
    // 1970, don't count.
    void committed(const std::vector<int>& statements, std::span<const Record> records,
                   const Clock& clock);
    std::optional<Latency> of(int statement, Clock::Monotonic now) const;

  private:
    struct Windows {
        Clock::Monotonic began;  // the newer one
        LatencyCounts newer, older;
        void turn(Clock::Monotonic now);
    };
    std::map<int, Windows> statements_;
};

}  // namespace tidewheel::engine
