// How soon a consumer has a record: the least that freshness can be. Takes records through our own
// sources, a thread a partition, and does nothing with them.
//   bench_arrival BROKERS TOPIC RECORDS
// Reads what is there, prints "ready" to standard error, and takes so many records more. Prints
// quantiles of the time from a record's own timestamp until it is read, in milliseconds.
#include <algorithm>
#include <atomic>
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
                    if (const auto record = source->next(50)) take(*record, delays);
                const std::lock_guard lock(mutex_);
                delays_.insert(delays_.end(), delays.begin(), delays.end());
            });
        started = true;
    }
    void on_revoked(const std::vector<kafka::TopicPartition>&, bool) override { threads_.clear(); }

    std::vector<double> sorted() {
        threads_.clear();
        std::ranges::sort(delays_);
        return delays_;
    }

    bool started = false;
    std::atomic<bool> measures{false};
    std::atomic<long> read{0};  // in all

  private:
    // A record's time is in whole milliseconds, cut off.
    void take(const engine::Record& record, std::vector<double>& delays) {
        read.fetch_add(1, std::memory_order_relaxed);
        const double time = static_cast<double>(record.timestamp) + 0.5;
        if (measures.load(std::memory_order_relaxed))
            delays.push_back(std::max(0.0, milliseconds_since_1970() - time));
    }

    kafka::GroupConsumer& consumer_;
    std::mutex mutex_;
    std::vector<double> delays_;
    std::vector<std::jthread> threads_;
};

// Until nothing has arrived for so long.
void read_all(kafka::GroupConsumer& consumer, const Arrivals& arrivals,
              std::chrono::milliseconds quiet) {
    auto since = std::chrono::steady_clock::now();
    for (long read = -1; !arrivals.started || std::chrono::steady_clock::now() - since < quiet;) {
        consumer.poll(std::chrono::milliseconds(20));
        if (arrivals.read != read || !arrivals.started) since = std::chrono::steady_clock::now();
        read = arrivals.read;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return std::fprintf(stderr, "usage: bench_arrival BROKERS TOPIC RECORDS\n"), 2;
    kafka::ClientSettings settings;
    settings.brokers = argv[1];
    kafka::GroupConsumer consumer(settings, "bench-arrival", Settings{}.fetch_bytes);
    Arrivals arrivals(consumer);
    consumer.subscribe({argv[2]}, arrivals);
    read_all(consumer, arrivals, std::chrono::seconds(1));
    const long last = arrivals.read + std::atol(argv[3]);
    arrivals.measures = true;
    std::fprintf(stderr, "ready\n");
    while (arrivals.read < last)
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
