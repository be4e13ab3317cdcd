#include "source_options.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "stream_options.hpp"
#include "tidewheel/core/url.hpp"

namespace tidewheel::sql {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds shortest_interval = 1s, longest_interval = 24h * 31;

struct Unit {
    std::string_view name;
    milliseconds length;
};
constexpr Unit units[] = {
    {"ms", 1ms},      {"millisecond", 1ms}, {"milliseconds", 1ms}, {"s", 1s},     {"sec", 1s},
    {"secs", 1s},     {"second", 1s},       {"seconds", 1s},       {"min", 1min}, {"mins", 1min},
    {"minute", 1min}, {"minutes", 1min},    {"m", 1min},           {"h", 1h},     {"hr", 1h},
    {"hrs", 1h},      {"hour", 1h},         {"hours", 1h},         {"d", 24h},    {"day", 24h},
    {"days", 24h},
};

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::string_view take_word(std::string_view& text) {
    const auto end = std::ranges::find_if(text, [](char c) { return c < 'a' || c > 'z'; });
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(word.size());
    return word;
}

}  // namespace

std::optional<milliseconds> read_interval(std::string_view text) {
    milliseconds all{0};
    bool is_plain = false;
    skip_blanks(text);
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const auto number = take_number(text);
        skip_blanks(text);
        const std::string_view word = take_word(text);
        skip_blanks(text);
        if (!number || is_plain) return std::nullopt;
        is_plain = word.empty();
        if (is_plain && all.count() > 0) return std::nullopt;
        const auto unit = std::ranges::find(units, is_plain ? "s" : word, &Unit::name);
        if (unit == std::end(units)) return std::nullopt;
        if (*number > longest_interval / unit->length) return milliseconds::max();
        all += *number * unit->length;
    }
    return all;
}

void read_source_url(OptionList& options, const ast::Option& option, Stream& stream) {
    const auto url = parse_url(value_of(option));
    if (!url)
        return options.refuse(option, "source is not a URL of ws, wss, http or https",
                              "Write it like 'wss://ws.example.com/trades' or "
                              "'https://api.example.com/v2/assets'.");
    if (!url->user_info.empty())
        return options.refuse(option, "source holds a user or password",
                              "Put it into a file of headers: see the setting source_headers.");
    stream.source.url = value_of(option);
    stream.source.is_websocket = url->is_websocket();
}

void read_source_message(OptionList& options, const ast::Option& option, Stream& stream) {
    if (value_of(option).empty()) return options.refuse(option, "source_message is empty");
    stream.source.message = value_of(option);
}

void read_source_interval(OptionList& options, const ast::Option& option, Stream& stream) {
    const auto interval = read_interval(value_of(option));
    if (!interval)
        return options.refuse(
            option, fmt::format("source_interval '{}' is not an interval", value_of(option)),
            "Write seconds, or numbers with units: '30', '5 min', '1 hour 30 min', '1 day'.");
    if (*interval < shortest_interval || *interval > longest_interval)
        return options.refuse(option, fmt::format("source_interval '{}' is not from 1 second to "
                                                  "31 days",
                                                  value_of(option)));
    stream.source.interval = *interval;
}

void read_source_path(OptionList& options, const ast::Option& option, Stream& stream) {
    auto path = field_path(value_of(option));
    if (std::ranges::any_of(path, &std::string::empty))
        return options.refuse(
            option, fmt::format("'{}' is not a field or a path of fields", value_of(option)),
            "Write it like 'data' or 'result.items'; a dot inside a name is '\\.'.");
    stream.source.path = std::move(path);
}

void check_source(const OptionList& options, const Stream& stream, int location,
                  Refusals& refusals) {
    const std::string name = stream.name.text();
    for (const char* option : {"source_message", "source_interval", "source_path"})
        if (options.has(option) && !options.has("source"))
            refusals.add(location,
                         fmt::format("stream {} has {} without the option source", name, option),
                         "The option source 'URL' says where records come from.");
    if (stream.source.url.empty()) return;
    if (stream.format == "avro" || stream.format == "csv")
        refusals.add(location,
                     fmt::format("stream {} has a source, whose records are what it sends, and the "
                                 "format {}",
                                 name, stream.format),
                     "Leave out one of both.");
    if (options.has("ingress"))
        refusals.add(location, fmt::format("stream {} has an ingress and a source", name),
                     "Leave out one of both.");
    if (options.has("route"))
        refusals.add(location, fmt::format("stream {} has a source and a route", name),
                     "A source chooses the partition by the key alone.");
    if (options.has("source_message") && !stream.source.is_websocket)
        refusals.add(location, fmt::format("stream {} is polled, and has a source_message", name),
                     "A message is sent to a websocket alone.");
    for (const char* option : {"source_interval", "source_path"})
        if (options.has(option) && stream.source.is_websocket)
            refusals.add(location,
                         fmt::format("stream {} reads a websocket, and has a {}", name, option),
                         "It is for a source that is polled: 'https://…'.");
}

}  // namespace tidewheel::sql
