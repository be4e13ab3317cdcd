#pragma once
#include <cstdint>
#include <string>

#include "producer/random.hpp"

namespace tidewheel::simulator {

struct TradeOptions {
    std::uint64_t seed = 1;
    double bad = 0;                          // percent of the messages
    double repeated = 0;                     // percent: an earlier trade again, byte for byte
    std::int64_t start = 1'767'225'600'000;  // of the first trade, milliseconds since 1970
    double rate = 50;                        // trades a second, by their own times
    std::uint64_t list_late = 0;  // some assets are listed only after so many messages; 0: at once
};

// What an exchange says: a message a trade, as coincap's websocket has it, and the assets as its
// REST service lists them. The same number is always the same bytes, on every machine.
class Trades {
  public:
    explicit Trades(const TradeOptions& options)
        : options_(options),
          bad_(producer::Share::percent(options.bad)),
          repeated_(producer::Share::percent(options.repeated)) {}

    // A bad one is cut off, no object, without a base, or has a price in words: by its number.
    bool is_bad(std::uint64_t number) const;
    std::string message(std::uint64_t number) const;

    // {"data": […], "timestamp": …} after so many messages. Some assets have no greatest supply.
    // Trades have a base that is never listed, too.
    std::string assets(std::uint64_t said) const;

  private:
    std::uint64_t original_of(std::uint64_t number) const;  // itself, unless it is a repetition
    std::string trade(std::uint64_t number) const;

    TradeOptions options_;
    producer::Share bad_, repeated_;
};

}  // namespace tidewheel::simulator
