// How soon a consumer has a record: the least that freshness can be. Takes the records that are made
// while it runs through our own sources, a thread a partition, and does nothing with them.
//   bench_arrival BROKERS TOPIC SECONDS
// Prints quantiles of the time from a record's own timestamp until it is read, in milliseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/consumer.hpp"

using namespace tidewheel;

namespace {

double milliseconds_since_1970() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::milli>(now).count();
}

class Arrivals final : public kafka::AssignmentListener {
  public:
    explicit Arrivals(kafka::GroupConsumer& consumer) : consumer_(consumer) {}
    std::vector<kafka::StartOffset> on_assigned(
        const std::vector<kafka::TopicPartition>& partitions) override {
        std::vector<kafka::StartOffset> starts;
        for (const auto& where : partitions)
            starts.push_back({where, kafka::offset_beginning});
        return starts;
    }
    void on_started(const std::vector<kafka::TopicPartition>& partitions) override {
        for (const auto& where : partitions)
            threads_.emplace_back([this, source = consumer_.source(where)](std::stop_token stop) {
                std::vector<double> delays;
                while (!stop.stop_requested())
                    if (const auto record = source->next(50)) note(*record, delays);
                const std::lock_guard lock(mutex_);
                delays_.insert(delays_.end(), delays.begin(), delays.end());
            });
    }
    void on_revoked(const std::vector<kafka::TopicPartition>&, bool) override { threads_.clear(); }

    std::vector<double> sorted() {
        threads_.clear();
        std::ranges::sort(delays_);
        return delays_;
    }

  private:
    // A record's time is in whole milliseconds, cut off. Those from before are left out.
    void note(const engine::Record& record, std::vector<double>& delays) const {
        const double time = static_cast<double>(record.timestamp) + 0.5;
        if (time >= since_) delays.push_back(std::max(0.0, milliseconds_since_1970() - time));
    }

    kafka::GroupConsumer& consumer_;
    const double since_ = milliseconds_since_1970();
    std::mutex mutex_;
    std::vector<double> delays_;
    std::vector<std::jthread> threads_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return std::fprintf(stderr, "usage: bench_arrival BROKERS TOPIC SECONDS\n"), 2;
    kafka::ClientSettings settings;
    settings.brokers = argv[1];
    kafka::GroupConsumer consumer(settings, "bench-arrival", Settings{}.fetch_bytes);
    Arrivals arrivals(consumer);
    consumer.subscribe({argv[2]}, arrivals);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atol(argv[3]));
    while (std::chrono::steady_clock::now() < end)
        consumer.poll(std::chrono::milliseconds(20));
    const std::vector<double> delays = arrivals.sorted();
    const auto quantile = [&](double q) {
        return delays.empty()
                   ? 0
                   : delays[static_cast<std::size_t>(q * static_cast<double>(delays.size() - 1))];
    };
    std::printf("p50 %.1f, p99 %.1f, p99.9 %.1f ms of %zu records\n", quantile(0.5), quantile(0.99),
                quantile(0.999), delays.size());
    consumer.close();
}
