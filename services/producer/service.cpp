#include "producer/service.hpp"

#include <memory>
#include <utility>

#include "producer/host.hpp"
#include "producer/kafka_run.hpp"
#include "producer/plan.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::producer {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::log;

constexpr int server_threads = 4;  // half of them may produce; the others answer probes meanwhile
constexpr std::ptrdiff_t most_at_once = server_threads / 2;
constexpr auto look_every = 5s;
constexpr auto silence_allowed = 5s;  // of the brokers, while records are under way

// The steady run takes its numbers from the upper half of the sequence, requests from the lower
// one.
constexpr std::uint64_t first_steady = 1ull << 63;

ServiceOptions at_home(ServiceOptions options) {
    ProduceOptions& produce = options.produce;
    if (produce.stream != known_streams().front())
        throw Error(Error::Kind::setting,
                    "tidewheel-producer makes no events for the stream \"" + produce.stream + "\"",
                    "`tidewheel produce " + produce.stream + "` may.");
    if (!produce.store_fqdn.empty() && !produce.store_ip.empty()) return options;
    const Host host = this_host();
    if (produce.store_fqdn.empty()) produce.store_fqdn = host.fqdn;
    if (produce.store_ip.empty()) produce.store_ip = host.ip;
    return options;
}

}  // namespace

Service::Service(const Settings& settings, ServiceOptions options)
    : shell_(settings, "Kafka", server_threads),
      client_(kafka_client(settings)),
      retry_longest_(settings.retry_longest),
      options_(at_home(std::move(options))),
      rules_{options_.produce.count, settings.http_max_count, settings.http_token},
      seed_(options_.produce.seed.value_or(random_seed())),
      next_steady_(first_steady),
      places_(most_at_once),
      counters_(shell_.metrics(), options_.produce.topic) {
    shell_.health().set_degraded("kafka", "has not been reached yet");
}

void Service::run(std::stop_token stop) {
    add_routes(stop);
    shell_.start();
    log(Level::info, "producing", {{"topic", options_.produce.topic}, {"seed", seed_}});
    Retry retry({.longest = retry_longest_});
    while (!stop.stop_requested()) {
        try {
            step(stop);
            retry.succeeded();
            shell_.beat(look_every);
            wait_for(stop, look_every);
        } catch (const Error& error) {
            if (!error.retryable()) throw;
            shell_.health().set_degraded("kafka", error.what());
            const auto wait = *retry.failed();
            log(Level::warning, "waiting",
                {{"reason", error.what()}, {"wait_ms", wait.count()}, {"hint", error.hint()}});
            shell_.beat(wait);
            wait_for(stop, wait);
        }
    }
    log(Level::info, "stopped", {{"events_on_request", next_on_request_.load()}});
}

void Service::add_routes(const std::stop_token& stop) {
    const auto produce = [this, stop](const http::Request& r) { return on_request(r, stop); };
    for (const char* path : {"/store-events-producer-fn", "/api/store-events-producer-fn"})
        shell_.server().route("*", path, produce);
}

http::Response Service::on_request(const http::Request& request, const std::stop_token& stop) {
    if (!places_.try_acquire())
        return answer(request, rules_, [](std::uint64_t) -> Report {
            throw Error(Error::Kind::unavailable, "other requests are being served", "Try again.");
        });
    const std::shared_ptr<void> place(nullptr, [this](void*) { places_.release(); });
    return answer(request, rules_, [&](std::uint64_t count) { return produce_some(count, stop); });
}

Report Service::produce_some(std::uint64_t count, const std::stop_token& stop) {
    ProduceOptions wanted = options_.produce;
    wanted.count = count;
    wanted.rate = 0;
    Plan plan = plan_of(wanted, now_in_micros(), seed_, next_on_request_.fetch_add(count));
    plan.range.pace = options_.wait_between;
    if (!wanted.span) plan.events.step = options_.wait_between;
    kafka::Deliveries seen;
    Report report = produce_to_kafka(
        client_, wanted.topic, plan, stop,
        [&](const Counts&, const kafka::Deliveries& now) { counters_.advance(seen, now); });
    counters_.advance(seen, report.deliveries);
    return report;
}

// Either the background run, until it ends, or a check whether the topic can be reached.
void Service::step(const std::stop_token& stop) {
    const std::string& topic = options_.produce.topic;
    if (!find_partitions(client_, topic)) {
        shell_.health().set_degraded("kafka",
                                     "topic \"" + topic + "\" does not exist: apply the pipeline");
        return;
    }
    shell_.health().set_healthy("kafka");
    if (options_.produce.rate > 0) produce_steadily(stop);
}

void Service::produce_steadily(const std::stop_token& stop) {
    ProduceOptions wanted = options_.produce;
    wanted.count = 0;
    wanted.span.reset();
    const Plan plan = plan_of(wanted, now_in_micros(), seed_, next_steady_);
    seen_ = {};
    moved_ = Clock::system().now();
    const Report report = produce_to_kafka(
        client_, wanted.topic, plan, stop,
        [this](const Counts&, const kafka::Deliveries& deliveries) { follow(deliveries); });
    counters_.advance(seen_, report.deliveries);
    next_steady_ += report.counts.sent - report.counts.duplicates;
    if (report.failure) throw Error(*report.failure);
}

// The client gives a record up only after minutes, so silence must count as a failure long before.
void Service::follow(const kafka::Deliveries& deliveries) {
    shell_.beat();
    const auto now = Clock::system().now();
    const bool answered = deliveries.delivered > seen_.delivered;
    if (answered || deliveries.sent == deliveries.delivered + deliveries.failed) moved_ = now;
    if (deliveries.failed > seen_.failed)
        shell_.health().set_degraded("kafka", deliveries.first_failure);
    else if (now - moved_ > silence_allowed)
        shell_.health().set_degraded("kafka", "the brokers acknowledge nothing");
    else if (answered)
        shell_.health().set_healthy("kafka");
    counters_.advance(seen_, deliveries);
}

}  // namespace tidewheel::producer
