#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "descriptor.hpp"
#include "tidewheel/testing/proxy.hpp"

namespace tidewheel::testing {

using ProxyClock = std::chrono::steady_clock;
inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
inline constexpr std::array<Way, 2> both_ways{Way::to_server, Way::to_client};
constexpr std::size_t index(Way way) {
    return static_cast<std::size_t>(way);
}

// What a proxy does to the bytes that pass; and, beside that, what it counts and throws.
struct ProxyRules {
    std::chrono::milliseconds delay{}, jitter{};
    bool one_byte = false, refuse = false;
    std::array<bool, 2> held{};
    std::array<std::size_t, 2> limit{no_limit, no_limit};  // for connections that begin now
    std::string fatal_words;
};

// The bytes on their way in one direction.
struct Pipe {
    struct Piece {
        ProxyClock::time_point due;
        std::string bytes;
    };
    std::deque<Piece> pieces;
    std::size_t queued = 0;
    std::size_t left = no_limit;  // bytes until the connection is cut
    bool ended = false;           // the sender has no more to say
    bool end_passed = false;      // and the receiver knows

    bool is_due(ProxyClock::time_point now) const {
        return !pieces.empty() && pieces.front().due <= now;
    }
    bool end_is_due() const { return ended && pieces.empty() && !end_passed; }
};

// One client's connection, and ours to the server on its behalf. Destruction resets both.
class ProxiedConnection {
  public:
    ProxiedConnection(Descriptor client, Descriptor server, const ProxyRules& rules);
    ~ProxiedConnection();
    ProxiedConnection(const ProxiedConnection&) = delete;
    ProxiedConnection& operator=(const ProxiedConnection&) = delete;

    int sink(Way way) const { return ends_[index(way)].number(); }  // the socket that it leads to
    // What to poll for at the socket that `way` leads to. Nothing: it must not be polled at all, or
    // a hang-up would be reported for ever.
    short events(Way way, const ProxyRules& rules, ProxyClock::time_point now) const;
    std::optional<ProxyClock::time_point> next_due(const ProxyRules& rules) const;
    // Moves what can be moved. False: the connection is over.
    bool serve(const ProxyRules& rules, std::minstd_rand& random);
    void limit(Way way, std::size_t bytes) { pipes_[index(way)].left = bytes; }
    bool answer_swallowed() const { return swallowed_; }

  private:
    bool take(Way way, const ProxyRules& rules, std::minstd_rand& random);
    bool pass(Way way, const ProxyRules& rules);
    bool hears(const std::string& words, std::string_view bytes);

    std::array<Descriptor, 2> ends_;  // by the way that leads to it
    std::array<Pipe, 2> pipes_;
    std::string heard_;  // the last bytes of the client, shorter than the fatal words
    bool doomed_ = false, swallowed_ = false;
};

}  // namespace tidewheel::testing
