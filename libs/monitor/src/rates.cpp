#include "tidewheel/monitor/rates.hpp"

#include "tidewheel/core/retry.hpp"

namespace tidewheel::monitor {
namespace {

constexpr std::chrono::seconds rate_interval{1};

// What is known of the statements, and why the rest isn't.
struct Reading {
    std::vector<StatementLag> statements;
    std::optional<Error> kafka_failure;
};

Reading read_what_can_be(const kafka::ClientSettings& kafka, postgres::Connection& connection,
                         kafka::Admin& admin, const std::set<int>& only) try {
    Reading reading{read_lag(connection, admin, only), {}};
    read_waiting_ages(reading.statements, kafka);
    return reading;
} catch (const postgres::DatabaseError&) {
    throw;
} catch (const Error& error) {
    return {
        read_progress(connection, only),
        Error(error.kind(),
              "the lag is not known, because Kafka cannot be asked: " + std::string(error.what()),
              error.hint())};
}

}  // namespace

Observation observe(const kafka::ClientSettings& kafka, postgres::Connection& connection,
                    kafka::Admin& admin, const std::set<int>& only, std::stop_token stop) {
    const auto before = read_work(connection);
    const auto begun = std::chrono::steady_clock::now();
    wait_for(stop, rate_interval);
    Reading reading = read_what_can_be(kafka, connection, admin, only);
    std::vector<Observed> all;
    for (StatementLag& lag : reading.statements) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
        const StatementWork now = lag.work();
        const auto found = before.find(lag.id);
        const StatementWork earlier = found == before.end() ? now : found->second;
        all.push_back({std::move(lag),
                       static_cast<double>(now.records - earlier.records) / passed.count(),
                       static_cast<double>(now.rows - earlier.rows) / passed.count()});
    }
    return {std::move(all), std::move(reading.kafka_failure)};
}

}  // namespace tidewheel::monitor
