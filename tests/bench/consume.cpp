// The ceiling of reading: takes every record of a topic through our own sources, a thread a
// partition, and looks at none.
//   bench_consume BROKERS TOPIC PARTITIONS RECORDS
// Prints records a second and CPU seconds per million.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "tidewheel/kafka/consumer.hpp"

using namespace tidewheel;

namespace {

class ReadAll final : public kafka::AssignmentListener {
  public:
    explicit ReadAll(kafka::GroupConsumer& consumer) : consumer_(consumer) {}
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
                while (!stop.stop_requested())
                    if (source->next(50)) read.fetch_add(1, std::memory_order_relaxed);
            });
    }
    void on_revoked(const std::vector<kafka::TopicPartition>&, bool) override { threads_.clear(); }

    std::atomic<long> read{0};

  private:
    kafka::GroupConsumer& consumer_;
    std::vector<std::jthread> threads_;
};

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5)
        return std::fprintf(stderr, "usage: bench_consume BROKERS TOPIC PARTITIONS RECORDS\n"), 2;
    kafka::ClientSettings settings;
    settings.brokers = argv[1];
    const long records = std::atol(argv[4]);
    kafka::GroupConsumer consumer(settings, "bench-" + std::to_string(std::rand()) + argv[2],
                                  8u << 20);
    ReadAll all(consumer);
    consumer.subscribe({argv[2]}, all);
    auto begin = std::chrono::steady_clock::now();
    while (all.read < records) {
        if (all.read == 0) begin = std::chrono::steady_clock::now();
        consumer.poll(std::chrono::milliseconds(5));
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    std::printf("%.0f %.2f\n", static_cast<double>(records) / time.count(),
                cpu_seconds() * 1e6 / static_cast<double>(records));
    consumer.close();
}
