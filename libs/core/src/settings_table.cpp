#include "settings_table.hpp"

#include <algorithm>
#include <cctype>

#include "quantity.hpp"

namespace tidewheel {
namespace {

constexpr std::uint64_t mebibyte = 1u << 20, second = 1000, hour = 3600 * second;
constexpr auto everyone = Audience::all;
constexpr auto consumers = static_cast<Audience>(static_cast<unsigned>(Audience::worker) |
                                                 static_cast<unsigned>(Audience::aggregator));

const std::vector<Setting> table = {
    {"database", &Settings::database, "URI or conninfo", everyone,
     "PostgreSQL, as libpq writes it; PGPASSWORD, PGPASSFILE and the like work too"},
    {"database_password_file", &Settings::database_password_file, "path", everyone,
     "a file that holds the password of the database, for secrets"},
    {"kafka", &Settings::kafka, "host:port,…", everyone, "bootstrap servers of Kafka"},
    {"kafka_options", &Settings::kafka_options, "key=value", everyone,
     "a further librdkafka property; may be repeated (environment: separated by ';')"},
    {"group", &Settings::group, "name", everyone,
     "prefix of the consumer groups: GROUP.worker, GROUP.aggregator"},
    {"batch_rows", &Settings::batch_rows, "records", consumers, "a batch closes at so many records",
     1, 1'000'000},
    {"batch_bytes", &Settings::batch_bytes, "bytes", consumers,
     "a batch closes at so many bytes of records", 1024, 1024 * mebibyte},
    {"linger", &Settings::linger, "time", consumers,
     "a batch closes so long after its first record; 0: whatever has arrived", 0, 60 * second},
    {"fetch_bytes", &Settings::fetch_bytes, "bytes", consumers,
     "what a partition may hold fetched ahead, in memory", 65536, 1024 * mebibyte},
    {"retry_longest", &Settings::retry_longest, "time", Audience::services,
     "the longest wait between two attempts to reach a server", 1, hour},
    {"stall_after", &Settings::stall_after, "time", consumers,
     "lag without progress for so long makes the service not ready; three times as long without "
     "any sign of life (20 s at least) ends it, to be started anew",
     second, 24 * hour},
    {"listen", &Settings::listen, "host:port", Audience::services,
     "where /metrics, /healthz and /readyz answer; port 0: any free one, named in the log"},
    {"log_level",
     &Settings::log_level,
     "word",
     Audience::services,
     "the least important messages to log: debug, info, warning or error",
     0,
     0,
     {"debug", "info", "warning", "error"}},
    {"log_format",
     &Settings::log_format,
     "word",
     Audience::services,
     "text, or json: one object a line",
     0,
     0,
     {"text", "json"}},
    {"instance", &Settings::instance, "name", Audience::services,
     "the owner's name in claims; default: host name and process id"},
};

std::optional<std::string> not_a(std::string_view what, const std::string& value) {
    return "'" + value + "' is not " + std::string(what);
}

// How each type of field is read from text and printed. `bytes`: the setting's unit is bytes.
struct Reader {
    Settings& to;
    const std::vector<std::string>& values;
    bool bytes;

    std::optional<std::string> operator()(std::string Settings::*field) const {
        to.*field = values.front();
        return std::nullopt;
    }
    std::optional<std::string> operator()(std::vector<std::string> Settings::*field) const {
        for (const std::string& value : values) {
            const auto equals = value.find('=');
            if (equals == 0 || equals == std::string::npos) return not_a("key=value", value);
        }
        to.*field = values;
        return std::nullopt;
    }
    std::optional<std::string> operator()(std::size_t Settings::*field) const {
        const auto number = bytes ? parse_bytes(values.front()) : parse_count(values.front());
        if (!number)
            return not_a(bytes ? "a size, such as 512k or 8MiB" : "a number", values.front());
        to.*field = *number;
        return std::nullopt;
    }
    std::optional<std::string> operator()(std::chrono::milliseconds Settings::*field) const {
        const auto time = parse_duration(values.front());
        if (!time) return not_a("a time, such as 20ms or 5s", values.front());
        to.*field = *time;
        return std::nullopt;
    }
};

struct Printer {
    const Settings& from;
    bool bytes;

    std::string operator()(std::string Settings::*field) const { return from.*field; }
    std::string operator()(std::vector<std::string> Settings::*field) const {
        std::string text;
        for (const std::string& value : from.*field)
            text += (text.empty() ? "" : ";") + value;
        return text;
    }
    std::string operator()(std::size_t Settings::*field) const {
        return bytes ? print_bytes(from.*field) : std::to_string(from.*field);
    }
    std::string operator()(std::chrono::milliseconds Settings::*field) const {
        return print_duration(from.*field);
    }
};

std::optional<std::uint64_t> number_in(const Field& field, const Settings& settings) {
    if (auto* count = std::get_if<std::size_t Settings::*>(&field)) return settings.**count;
    if (auto* time = std::get_if<std::chrono::milliseconds Settings::*>(&field)) {
        return static_cast<std::uint64_t>((settings.**time).count());  // negative: huge, refused
    }
    return std::nullopt;
}

std::string print_bound(const Setting& setting, std::uint64_t number) {
    if (setting.unit == "bytes") return print_bytes(number);
    if (setting.unit != "time") return std::to_string(number);
    return print_duration(std::chrono::milliseconds(static_cast<std::int64_t>(number)));
}

}  // namespace

std::span<const Setting> settings_table() {
    return table;
}

std::string Setting::flag() const {
    std::string name = "--" + std::string(key);
    std::ranges::replace(name, '_', '-');
    return name;
}

std::string Setting::environment() const {
    std::string name = "TIDEWHEEL_" + std::string(key);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    return name;
}

bool Setting::is_list() const {
    return std::holds_alternative<std::vector<std::string> Settings::*>(field);
}

std::optional<std::string> Setting::read(const std::vector<std::string>& values,
                                         Settings& to) const {
    if (auto wrong = std::visit(Reader{to, values, unit == "bytes"}, field)) return wrong;
    if (auto wrong = check(to)) return "'" + values.front() + "': it " + *wrong;
    return std::nullopt;
}

std::string Setting::print(const Settings& from) const {
    return std::visit(Printer{from, unit == "bytes"}, field);
}

std::optional<std::string> Setting::check(const Settings& settings) const {
    const auto number = number_in(field, settings);
    if (number && most != 0 && (*number < least || *number > most)) {
        return "must be from " + print_bound(*this, least) + " to " + print_bound(*this, most);
    }
    if (choices.empty() || std::ranges::count(choices, print(settings)) != 0) return std::nullopt;
    std::string list;
    for (std::string_view choice : choices)
        list.append(list.empty() ? "" : ", ").append(choice);
    return "must be one of " + list;
}

}  // namespace tidewheel
