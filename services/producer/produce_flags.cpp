#include "producer/produce_flags.hpp"

#include <charconv>
#include <limits>
#include <sstream>

#include "producer/time_text.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::producer {
namespace {

using std::chrono::nanoseconds;
using Read = std::function<void(const std::string&)>;

[[noreturn]] void refuse(const std::string& text, const char* wanted) {
    throw Error(Error::Kind::setting, "\"" + text + "\" is not " + wanted);
}

template <class Number>
Number read_number(const std::string& text, Number least, Number most, const char* wanted) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || !(number >= least && number <= most))
        refuse(text, wanted);
    return number;
}

std::uint64_t read_count(const std::string& text) {
    constexpr auto most = std::uint64_t(std::numeric_limits<std::int64_t>::max());
    return read_number<std::uint64_t>(text, 0, most, "a whole number");
}

double read_rate(const std::string& text) {
    return read_number<double>(text, 0, std::numeric_limits<double>::max(), "a number");
}

Read percent(double& share) {
    return [&share](const std::string& text) {
        share = read_number<double>(text, 0, 100, "a percentage from 0 to 100");
    };
}

Read text(std::string& to) {
    return [&to](const std::string& value) { to = value; };
}

Micros read_time(const std::string& text) {
    const auto time = parse_time(text);
    if (!time) refuse(text, "a time in UTC: 2026-11-21T00:00:00Z");
    return *time;
}

std::string print(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

}  // namespace

nanoseconds read_duration(const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) refuse(text, "a duration: 500ms, 10s, 30m, 24h, 7d");
    return *duration;
}

std::vector<flags::Flag> produce_flags(ProduceOptions& options) {
    ProduceOptions& to = options;
    return {
        {"stream", "STREAM", to.stream, "the stream whose events to produce", text(to.stream)},
        {"--topic", "TEXT", to.topic,
         "where to send them; orders: the topics of both regions, or one [store-events, or "
         "orders-region1,orders-region2]",
         text(to.topic)},
        {"--count", "COUNT", std::to_string(to.count), "how many events; 0: until stopped",
         [&to](auto& value) { to.count = read_count(value); }},
        {"--rate", "RATE", print(to.rate),
         "events per second; 0: as fast as the brokers accept them",
         [&to](auto& value) { to.rate = read_rate(value); }},
        {"--seed", "NUMBER", "", "the same seed and start give the same bytes [random]",
         [&to](auto& value) { to.seed = read_count(value); }},
        {"--bad", "PERCENT", print(to.bad),
         "bad ones: events without a store_id; orders of five kinds", percent(to.bad)},
        {"--late", "PERCENT", print(to.late), "events with a time in the past", percent(to.late)},
        {"--duplicates", "PERCENT", print(to.duplicates), "events that are sent twice",
         percent(to.duplicates)},
        {"--late-by", "DURATION", duration_text(to.late_by), "the maximum age of a late event",
         [&to](auto& value) { to.late_by = read_duration(value); }},
        {"--start", "TIME", "", "the first event's time, in UTC [now minus the span]",
         [&to](auto& value) { to.start = read_time(value); }},
        {"--span", "DURATION", "",
         "spread the events' times over this long [24h; with --rate as they are sent]",
         [&to](auto& value) { to.span = read_duration(value); }},
        {"--store-fqdn", "TEXT", to.store_fqdn, "the host name in the events", text(to.store_fqdn)},
        {"--store-ip", "TEXT", to.store_ip, "the address in the events", text(to.store_ip)},
    };
}

}  // namespace tidewheel::producer
