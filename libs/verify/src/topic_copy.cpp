#include "topic_copy.hpp"

#include <algorithm>
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
    RawCopy(postgres::Session& session, const CopiedParts& parts,
            const std::function<void(std::int64_t)>& progress)
        : session_(session), parts_(parts), progress_(progress) {
        encoder_.begin();
    }

    void add(const engine::Record& record) {
        encoder_.row(7);
        encoder_.int32(record.partition);
        encoder_.int64(record.offset);
        encoder_.optional_int64(engine::postgres_time(record.timestamp));
        bytes(record.key);
        parts_.headers ? encoder_.jsonb(headers_as_json(record)) : encoder_.null();
        bytes(record.value);
        bytes(document_of(record));
        if (parts_.also) parts_.also(record);
        ++records_;
        if (encoder_.payload().size() >= piece_bytes) send();
    }

    void pass() { ++passed_; }

    void send() {
        if (records_ + passed_ == 0) return;
        encoder_.finish();
        failpoint("before_copy");
        session_.copy("COPY pg_temp.tidewheel_raw FROM STDIN (FORMAT binary)", encoder_.payload());
        progress_(records_ + passed_);
        records_ = passed_ = 0;
        encoder_.begin();
    }

  private:
    std::optional<std::string> document_of(const engine::Record& record) const {
        if (!parts_.document || !record.value) return std::nullopt;
        return parts_.document(*record.value);
    }

    void bytes(const std::optional<std::string_view>& value) {
        value ? encoder_.bytes(*value) : encoder_.null();
    }

    postgres::Session& session_;
    const CopiedParts& parts_;
    const std::function<void(std::int64_t)>& progress_;
    postgres::CopyEncoder encoder_;
    std::int64_t records_ = 0, passed_ = 0;
};

// Whether a record is in the sample: by its place alone, so that two runs choose the same ones.
bool is_chosen(const engine::Record& record, double share) {
    // Fibonacci hashing: neighbours are spread over all 64 bits.
    const std::uint64_t place = static_cast<std::uint64_t>(record.partition) << 48 |
                                static_cast<std::uint64_t>(record.offset);
    constexpr double range = 18446744073709551616.0;  // 2^64
    return static_cast<double>(place * 0x9E3779B97F4A7C15u) < share * range;
}

// Where a partition's records of the scope begin.
std::int64_t begin_of(const kafka::ClientSettings& settings, const engine::TopicPartition& where,
                      const Span& all, const Scope& scope) {
    if (!scope.since) return all.begin;
    return std::clamp(kafka::offset_at(settings, where, *scope.since).value_or(all.end), all.begin,
                      all.end);
}

}  // namespace

Readable find_readable(const kafka::ClientSettings& settings, const std::string& topic,
                       const PartitionEnds& ends, const Scope& scope) {
    kafka::Admin admin(settings, kafka_timeout);
    Readable readable;
    const auto because = [&](std::string problem) {
        readable.problem = std::move(problem);
        return readable;
    };
    const int partitions = admin.partitions(topic).value_or(0);
    if (partitions == 0) return because("topic " + topic + " does not exist");
    for (const auto& [partition, bound] : ends) {
        if (bound == 0) continue;
        const std::string where = topic + "[" + std::to_string(partition) + "]";
        if (partition >= partitions)
            return because(where + " does not exist: the topic has " + std::to_string(partitions) +
                           " partitions");
        const auto [oldest, end] = admin.watermarks(topic, partition);
        if (end < bound)
            return because(where + " ends at offset " + std::to_string(end) +
                           ", but progress is at " + std::to_string(bound) +
                           ": the topic was recreated or truncated");
        const Span all{std::min(oldest, bound), bound};
        readable.spans[partition] = {begin_of(settings, {topic, partition}, all, scope), bound};
    }
    return readable;
}

void copy_topic(const kafka::ClientSettings& settings, const std::string& topic,
                const std::map<int, Span>& spans, const Scope& scope, const CopiedParts& parts,
                postgres::Session& session, const std::function<void(std::int64_t)>& progress) {
    RawCopy copy(session, parts, progress);
    for (const auto& [partition, span] : spans)
        kafka::read_partition(settings, {topic, partition}, span.begin, span.end, kafka_timeout,
                              [&](const engine::Record& record) {
                                  is_chosen(record, scope.share) ? copy.add(record) : copy.pass();
                              });
    copy.send();
}

}  // namespace tidewheel::verify
