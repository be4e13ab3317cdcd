#include "endpoint_metrics.hpp"

#include <chrono>
#include <map>
#include <string_view>

#include "tidewheel/core/clock.hpp"

namespace tidewheel::ingress {

using telemetry::Metric;

EndpointMetrics::EndpointMetrics(telemetry::Metrics& metrics, std::string stream)
    : metrics_(metrics),
      stream_(std::move(stream)),
      seconds_(metrics.histogram(Metric::ingress_seconds, {{"stream", stream_}})),
      records_(metrics.counter(Metric::ingress_records, {{"stream", stream_}})) {}

http::Respond EndpointMetrics::counted(http::Respond respond) {
    return [this, respond = std::move(respond),
            begun = Clock::system().now()](http::Response response) {
        const std::chrono::duration<double> time = Clock::system().now() - begun;
        seconds_.observe(time.count());
        count_answer(response.status);
        respond(std::move(response));
    };
}

void EndpointMetrics::count_answer(int status) {
    const std::lock_guard lock(mutex_);
    auto known = answers_.find(status);
    if (known == answers_.end())
        known = answers_
                    .emplace(status, metrics_.counter(
                                         Metric::ingress_requests,
                                         {{"stream", stream_}, {"status", std::to_string(status)}}))
                    .first;
    known->second.add();
}

void EndpointMetrics::count_accepted(std::size_t records) {
    records_.add(static_cast<double>(records));
}

void EndpointMetrics::count_refused(const std::vector<RecordError>& errors) {
    std::map<std::string_view, std::size_t> by_reason;
    for (const RecordError& each : errors)
        ++by_reason[each.reason];
    for (const auto& [reason, count] : by_reason)
        metrics_
            .counter(Metric::ingress_refused,
                     {{"stream", stream_}, {"reason", std::string(reason)}})
            .add(static_cast<double>(count));
}

}  // namespace tidewheel::ingress
