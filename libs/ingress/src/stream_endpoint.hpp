#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "endpoint_metrics.hpp"
#include "record_judge.hpp"
#include "request_body.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/kafka/publisher.hpp"

namespace tidewheel::ingress {

// What all streams share. Outlives them.
struct Surroundings {
    kafka::Publisher& publisher;
    telemetry::Metrics& metrics;
    std::size_t most_bytes, most_records;  // of a request
    std::string secrets;                   // the directory of their files; empty: none
};

// The path of one stream. Any thread may call it; it never waits for Kafka. It lives until its last
// answer is given.
class StreamEndpoint : public std::enable_shared_from_this<StreamEndpoint> {
  public:
    StreamEndpoint(const Surroundings& surroundings, StreamRules rules);

    const StreamRules& rules() const { return rules_; }
    void answer(http::Request&& request, http::Respond respond);

  private:
    std::optional<Problem> refusal_of(const http::Request& request);
    std::optional<Problem> refusal_of_its_sender(const http::Request& request);
    Judgement judge(const RawRecords& records, const std::optional<std::string>& idempotency_key);
    void send(Judgement&& judgement, std::size_t refused,
              const std::optional<std::string>& idempotency_key, const http::Respond& respond);
    http::Response answer_to(const kafka::Publisher::Outcome& outcome, std::size_t refused,
                             const std::vector<RecordError>& bad);
    int partition_of(const GoodRecord& record);

    const Surroundings& surroundings_;
    const StreamRules rules_;
    EndpointMetrics metrics_;
    std::atomic<std::uint32_t> next_{0};   // for records of a route that have no key
    std::atomic<bool> complained_{false};  // about secrets
    std::mutex mutex_;
    std::vector<std::unique_ptr<RecordJudge>> idle_;
};

}  // namespace tidewheel::ingress
