#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "chaos/ledger.hpp"

namespace tidewheel::chaos {

// The values of records. Good ones carry strings that are hostile to JSON, to COPY and to SQL; bad
// ones are the examples of proto/examples, a tombstone, and values that only the stream's own rules
// refuse. Not thread-safe.
class Payloads {
  public:
    explicit Payloads(std::uint64_t seed);

    Kind kind();  // the next record's: mostly good
    // nullopt: a tombstone.
    std::optional<std::string> value(std::int64_t id, Kind kind);

  private:
    std::size_t below(std::size_t bound);

    std::mt19937_64 random_;
    std::vector<std::string> bad_;
};

}  // namespace tidewheel::chaos
