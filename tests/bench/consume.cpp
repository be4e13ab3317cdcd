// The ceiling of reading: takes every record of a topic through our own sources into batches, a
// thread a partition, with the settings that services have by default, and parses none.
//   bench_consume BROKERS TOPIC PARTITIONS RECORDS [FETCH_BYTES]
// Prints records a second, CPU seconds per million and the peak of its memory in MiB.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/engine/batch.hpp"
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
                    fill(*source);
            });
    }
    void on_revoked(const std::vector<kafka::TopicPartition>&, bool) override { threads_.clear(); }

    std::atomic<long> read{0};

  private:
    // One batch, as a lane fills it.
    void fill(engine::RecordSource& source) {
        thread_local const engine::Schema no_columns;
        thread_local engine::Batch batch(no_columns);
        const Settings limits;
        batch.clear();
        auto record = source.next(50);
        while (record) {
            batch.add(std::move(*record), [](const auto&, auto&) { return std::nullopt; });
            const bool full =
                batch.rows() == limits.batch_rows || batch.bytes() >= limits.batch_bytes;
            record = full ? std::nullopt : source.next(0);
        }
        read.fetch_add(static_cast<long>(batch.rows()), std::memory_order_relaxed);
    }

    kafka::GroupConsumer& consumer_;
    std::vector<std::jthread> threads_;
};

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

long peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6)
        return std::fprintf(
                   stderr, "usage: bench_consume BROKERS TOPIC PARTITIONS RECORDS [FETCH_BYTES]\n"),
               2;
    kafka::ClientSettings settings;
    settings.brokers = argv[1];
    const long records = std::atol(argv[4]);
    kafka::GroupConsumer consumer(
        settings, "bench-" + std::to_string(std::rand()) + argv[2],
        argc == 6 ? std::strtoul(argv[5], nullptr, 10) : Settings{}.fetch_bytes);
    ReadAll all(consumer);
    consumer.subscribe({argv[2]}, all);
    auto begin = std::chrono::steady_clock::now();
    while (all.read < records) {
        if (all.read == 0) begin = std::chrono::steady_clock::now();
        consumer.poll(std::chrono::milliseconds(5));
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    std::printf("%.0f %.2f %ld\n", static_cast<double>(records) / time.count(),
                cpu_seconds() * 1e6 / static_cast<double>(records), peak_mebibytes());
    consumer.close();
}
