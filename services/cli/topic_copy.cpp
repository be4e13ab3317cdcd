#include "cli/topic_copy.hpp"

#include <chrono>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"

namespace tidewheel::cli {
namespace {

constexpr std::size_t piece_bytes = 8u << 20;
constexpr std::int64_t milliseconds_to_2000 =
    946'684'800'000;  // from 1970: PostgreSQL's timestamps count from 2000
constexpr std::chrono::seconds patience{30};

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

// Names and values in hexadecimal: a header may hold any bytes, and JSON may not.
std::string headers_as_json(const engine::Record& record) {
    codec::Json headers = codec::Json::array();
    for (const engine::Header& header : record.headers()) {
        codec::Json item = codec::Json::object();
        item.set("name", hex(header.name));
        item.set("value", header.value ? codec::Json(hex(*header.value)) : codec::Json());
        headers.push(std::move(item));
    }
    return headers.dump();
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
        record.timestamp < 0 ? encoder_.null()
                             : encoder_.int64((record.timestamp - milliseconds_to_2000) * 1000);
        bytes(record.key);
        with_headers_ ? encoder_.jsonb(headers_as_json(record)) : encoder_.null();
        bytes(record.value);
        ++records_;
        if (encoder_.payload().size() >= piece_bytes) send();
    }

    void send() {
        if (records_ == 0) return;
        encoder_.finish();
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
                            const Bounds& bounds) {
    kafka::Admin admin(settings);
    const int partitions = admin.partitions(topic).value_or(0);
    if (partitions == 0) return "topic " + topic + " is gone";
    for (const auto& [partition, bound] : bounds) {
        if (bound == 0) continue;
        const std::string where = topic + "[" + std::to_string(partition) + "]";
        if (partition >= partitions)
            return where + " is gone: the topic has " + std::to_string(partitions) + " partitions";
        const auto [oldest, end] = admin.watermarks(topic, partition);
        if (oldest > 0)
            return where + " begins at offset " + std::to_string(oldest) +
                   ": what came before was deleted";
        if (end < bound)
            return where + " ends at offset " + std::to_string(end) + ", but progress is at " +
                   std::to_string(bound) + ": the topic was made anew or cut";
    }
    return "";
}

void copy_topic(const kafka::ClientSettings& settings, const std::string& topic,
                const Bounds& bounds, bool with_headers, postgres::Session& session,
                const std::function<void(std::int64_t)>& progress) {
    RawCopy copy(session, with_headers, progress);
    for (const auto& [partition, bound] : bounds)
        if (bound > 0)
            kafka::read_partition(settings, {topic, partition}, 0, bound, patience,
                                  [&](const engine::Record& record) { copy.add(record); });
    copy.send();
}

}  // namespace tidewheel::cli
