#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::changefeed {

// Which of several services writes a stream: the one whose session holds an advisory lock, and asks
// PostgreSQL something every second. The lock of one that is gone is free at once; a session that
// has asked nothing for eight seconds, as the others see it, is ended by them. That decides only who
// tries: what may be written is decided by Kafka, which shuts out the former writer.
class Ownership {
  public:
    Ownership(std::string url, int stream, const Clock& clock = Clock::system());

    // Whether this service is the owner now. To be called every second or so, until it is.
    bool try_to_take();
    // Shows that the owner lives, at most once a second. True: it did. Throws DatabaseError when
    // the session is gone, and the ownership with it.
    bool beat();
    void release() { connection_.reset(); }
    postgres::Connection& connection() { return *connection_; }

  private:
    struct Other {
        std::string session;  // its backend and when it began
        std::string asked_at;
        Clock::Monotonic since;  // when it was first seen to have asked then
    };
    void look_at_owner();

    const std::string url_, key_;
    const Clock& clock_;
    std::unique_ptr<postgres::Connection> connection_;
    std::optional<Other> other_;
    Clock::Monotonic beaten_at_{};
};

}  // namespace tidewheel::changefeed
