#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::kafka {

// What may wait for the brokers, and for how long.
struct PublisherLimits {
    std::size_t records = 100'000, bytes = 64u << 20;
    std::chrono::milliseconds delivery{5000};
    bool while_away = false;  // records are taken also while brokers don't answer, up to the limits
};

// Sends records for many threads at once, and says when the brokers have them: an idempotent
// producer (acks=all) that never makes its caller wait.
class Publisher {
  public:
    enum class Admission : std::uint8_t {
        taken,  // `done` will be called, by the publisher's thread
        full,   // more than the limits would wait; nothing was sent
        never,  // it is more than the limits by itself; nothing was sent
        away,   // the brokers don't answer, or those of the topic; nothing was sent
    };
    struct Outcome : Deliveries {
        bool refused = false;  // a broker said no: sending it again is of no use
    };
    using Done = std::function<void(const Outcome&)>;
    // A larger record, key and value together, is refused by usual brokers.
    static constexpr std::size_t most_record_bytes = 990'000;

    Publisher(const ClientSettings& settings, PublisherLimits limits);
    // What has not been delivered by then has failed: every `done` is called.
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    // All of these records or none. Their bytes are copied. While brokers don't answer, one call at
    // a time is taken, to find out whether they do; while those of a topic don't, one of the topic.
    Admission send(const std::string& topic, std::span<const Outgoing> records, Done done);
    bool away(const std::string& topic) const;
    void note_answer();  // somebody else has heard from a broker
    std::string last_error() const;
    void require_alive() const;  // throws FatalError: it can't send any more

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::kafka
