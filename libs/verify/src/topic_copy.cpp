#include "topic_copy.hpp"

#include <chrono>

#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"

namespace tidewheel::verify {
namespace {

constexpr std::size_t piece_bytes = 8u << 20;

// Names and values in hexadecimal: a header may hold any bytes, and JSON may not.
std::string headers_as_json(const engine::Record& record) {
    std::string json;
    for (const engine::Header& header : record.headers())
        json += (json.empty() ? "[" : ", ") + ("{\"name\": \"" + to_hex(header.name)) +
                "\", \"value\": " + (header.value ? '"' + to_hex(*header.value) + '"' : "null") +
                "}";
    return json.empty() ? "[]" : json + "]";
}

// Gathers records and sends them when a piece is full.
class RawCopy {
  public:
    RawCopy(postgres::Session& session, bool with_headers,
            const std::function<void(std::int64_t)>& progress)
        : session_(session), with_headers_(with_headers), progress_(progress) {
        encoder_.begin();
    }

    void add(const engine::Record& record) {
        encoder_.row(6);
        encoder_.int32(record.partition);
        encoder_.int64(record.offset);
        encoder_.optional_int64(engine::postgres_time(record.timestamp));
        bytes(record.key);
        with_headers_ ? encoder_.jsonb(headers_as_json(record)) : encoder_.null();
        bytes(record.value);
        ++records_;
        if (encoder_.payload().size() >= piece_bytes) send();
    }

    void send() {
        if (records_ == 0) return;
        encoder_.finish();
        failpoint("before_copy");
        session_.copy("COPY pg_temp.tidewheel_raw FROM STDIN (FORMAT binary)", encoder_.payload());
        progress_(records_);
        records_ = 0;
        encoder_.begin();
    }

  private:
    void bytes(const std::optional<std::string_view>& value) {
        value ? encoder_.bytes(*value) : encoder_.null();
    }

    postgres::Session& session_;
    bool with_headers_;
    const std::function<void(std::int64_t)>& progress_;
    postgres::CopyEncoder encoder_;
    std::int64_t records_ = 0;
};

}  // namespace

std::string missing_history(const kafka::ClientSettings& settings, const std::string& topic,
                            const PartitionEnds& ends) {
    kafka::Admin admin(settings, kafka_timeout);
    const int partitions = admin.partitions(topic).value_or(0);
    if (partitions == 0) return "topic " + topic + " does not exist";
    for (const auto& [partition, bound] : ends) {
        if (bound == 0) continue;
        const std::string where = topic + "[" + std::to_string(partition) + "]";
        if (partition >= partitions)
            return where + " does not exist: the topic has " + std::to_string(partitions) +
                   " partitions";
        const auto [oldest, end] = admin.watermarks(topic, partition);
        if (oldest > 0)
            return where + " begins at offset " + std::to_string(oldest) +
                   ": earlier records were deleted";
        if (end < bound)
            return where + " ends at offset " + std::to_string(end) + ", but progress is at " +
                   std::to_string(bound) + ": the topic was recreated or truncated";
    }
    return "";
}

void copy_topic(const kafka::ClientSettings& settings, const std::string& topic,
                const PartitionEnds& ends, bool with_headers, postgres::Session& session,
                const std::function<void(std::int64_t)>& progress) {
    RawCopy copy(session, with_headers, progress);
    for (const auto& [partition, bound] : ends)
        if (bound > 0)
            kafka::read_partition(settings, {topic, partition}, 0, bound, kafka_timeout,
                                  [&](const engine::Record& record) { copy.add(record); });
    copy.send();
}

}  // namespace tidewheel::verify
