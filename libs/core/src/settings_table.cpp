#include "tidewheel/core/settings_table.hpp"

#include <algorithm>

#include "quantity.hpp"

namespace tidewheel {
namespace {

constexpr std::uint64_t mebibyte = 1u << 20, second = 1000, hour = 3600 * second;
constexpr auto everyone = Programs::all;
constexpr auto pollers = static_cast<Programs>(static_cast<unsigned>(Programs::source) |
                                               static_cast<unsigned>(Programs::cli));
constexpr auto consumers = static_cast<Programs>(static_cast<unsigned>(Programs::worker) |
                                                 static_cast<unsigned>(Programs::aggregator));
constexpr auto readers =
    static_cast<Programs>(static_cast<unsigned>(consumers) | static_cast<unsigned>(Programs::cli));

const std::vector<Setting> table = {
    {"database", &Settings::database, "URI or conninfo", everyone,
     "PostgreSQL, in the form that libpq accepts; PGPASSWORD, PGPASSFILE and so on also work"},
    {"databases", &Settings::databases, "path", Programs::cli,
     "a file that lists databases which share the partitions of every topic, one a line; init, "
     "apply, plan, status and verify work on all of them"},
    {"database_password_file", &Settings::database_password_file, "path", everyone,
     "a file with the password for PostgreSQL"},
    {"kafka", &Settings::kafka, "host:port,…", everyone, "bootstrap servers of Kafka"},
    {"kafka_options", &Settings::kafka_options, "key=value", everyone,
     "a librdkafka property; may be repeated (environment: separated by ';')"},
    {"group", &Settings::group, "name", everyone,
     "prefix of the consumer groups: GROUP.worker, GROUP.aggregator, and of the names under which "
     "tidewheel-changefeed and tidewheel-publisher write",
     1},
    {"batch_rows", &Settings::batch_rows, "records", consumers,
     "maximum number of records in a batch", 1, 1'000'000},
    {"batch_bytes", &Settings::batch_bytes, "bytes", consumers,
     "maximum size of the records in a batch", 1024, 1024 * mebibyte},
    {"linger", &Settings::linger, "time", consumers,
     "minimum time between the starts of two commits of a partition, unless a batch is full; "
     "commits that take more than half of it are further apart, by up to 20 ms; 0: none",
     0, 60 * second},
    {"fetch_bytes", &Settings::fetch_bytes, "bytes", consumers,
     "memory for the records of one partition that are fetched ahead", 65536, 1024 * mebibyte},
    {"executor",
     &Settings::executor,
     "word",
     consumers,
     "where statements run: native, in the service itself as far as it computes exactly what "
     "PostgreSQL would; pushdown, all of it in PostgreSQL",
     0,
     0,
     {"native", "pushdown"}},
    {"sessions", &Settings::sessions, "number", consumers,
     "number of PostgreSQL sessions that the partitions share for their batches", 1, 1000},
    {"memory", &Settings::memory, "bytes", consumers,
     "memory for the batches of all partitions and the records fetched ahead; a service needs "
     "about 50 MiB more",
     16 * mebibyte, 1024 * 1024 * mebibyte},
    {"retry_longest", &Settings::retry_longest, "time", Programs::services,
     "maximum wait between two attempts to reach a server", 1, hour},
    {"confirm_truncation", &Settings::confirm_truncation, "time", consumers,
     "how long the brokers must report that a partition ends before what was applied until the "
     "partition is stopped for missing data",
     0, hour},
    {"stall_after", &Settings::stall_after, "time", consumers,
     "after this time with lag and no progress the service is not ready; after three times as long "
     "without a sign of life (at least 20 s) it exits so that its supervisor restarts it",
     second, 24 * hour},
    {"listen", &Settings::listen, "host:port", Programs::services,
     "address of /metrics, /healthz and /readyz; port 0: any free port, named in the log"},
    {"log_level",
     &Settings::log_level,
     "word",
     Programs::services,
     "minimum severity of log messages: debug, info, warning or error",
     0,
     0,
     {"debug", "info", "warning", "error"}},
    {"log_format",
     &Settings::log_format,
     "word",
     Programs::services,
     "text, or json: one object per line",
     0,
     0,
     {"text", "json"}},
    {"instance", &Settings::instance, "name", Programs::services,
     "the owner's name in claims; default: host name and process id"},
    {"http_token", &Settings::http_token, "text", Programs::producer,
     "the token that a request for events must carry: Authorization: Bearer …; none: anybody who "
     "reaches the port may send one"},
    {"http_token_file", &Settings::http_token_file, "path", Programs::producer,
     "a file with that token"},
    {"http_max_count", &Settings::http_max_count, "events", Programs::producer,
     "maximum number of events in one request", 1, 1'000'000},
    {"ingress_listen", &Settings::ingress_listen, "host:port", Programs::ingress,
     "address at which records are taken: the paths of the streams, and /openapi.json", 1},
    {"ingress_certificate_file", &Settings::ingress_certificate_file, "path", Programs::ingress,
     "the server's certificate and those up to its authority (PEM): only https is spoken then"},
    {"ingress_key_file", &Settings::ingress_key_file, "path", Programs::ingress,
     "the certificate's key (PEM); default: it is in ingress_certificate_file"},
    {"ingress_secrets", &Settings::ingress_secrets, "path", Programs::ingress,
     "directory with a file for each secret that streams name in ingress_secrets"},
    {"ingress_body_bytes", &Settings::ingress_body_bytes, "bytes", Programs::ingress,
     "maximum size of a request's body, and of what gzip makes of it", 1024, 64 * mebibyte},
    {"ingress_header_bytes", &Settings::ingress_header_bytes, "bytes", Programs::ingress,
     "maximum size of a request's header", 1024, mebibyte},
    {"ingress_read_time", &Settings::ingress_read_time, "time", Programs::ingress,
     "how long a body may take to arrive, and a connection may rest; a header has at most 5 s", 100,
     hour},
    {"ingress_connections", &Settings::ingress_connections, "connections", Programs::ingress,
     "maximum number of connections; one more takes the place of the longest at rest", 1, 100'000},
    {"ingress_queue_records", &Settings::ingress_queue_records, "records", Programs::ingress,
     "maximum number of records that wait for Kafka; beyond it a request gets 429", 1, 10'000'000},
    {"ingress_queue_bytes", &Settings::ingress_queue_bytes, "bytes", Programs::ingress,
     "maximum size of what waits for Kafka; beyond it a request gets 429; bodies may hold as much",
     mebibyte, 1024 * mebibyte},
    {"ingress_delivery_time", &Settings::ingress_delivery_time, "time", Programs::ingress,
     "how long Kafka may take to acknowledge a record until its request is answered with 503", 100,
     600 * second},
    {"registry_url", &Settings::registry_url, "URLs", readers,
     "the schema registries that get the user or token, commas between them; no other one does "
     "(scheme, host and port decide)"},
    {"registry_user", &Settings::registry_user, "name", readers,
     "the user that schema registries know, with registry_password_file"},
    {"registry_password_file", &Settings::registry_password_file, "path", readers,
     "a file with that user's password"},
    {"registry_token_file", &Settings::registry_token_file, "path", readers,
     "a file with the token for schema registries, instead of a user: Authorization: Bearer …"},
    {"registry_ca_file", &Settings::registry_ca_file, "path", readers,
     "the certificates that schema registries are trusted by (PEM); default: the system's"},
    {"source_headers", &Settings::source_headers, "path", pollers,
     "a directory with a file for each stream whose source needs headers, named as the stream "
     "(shop.trades); each line is one: Authorization: Bearer …"},
    {"source_ca_file", &Settings::source_ca_file, "path", pollers,
     "the certificates that sources are trusted by (PEM); default: the system's"},
    {"source_proxy", &Settings::source_proxy, "URL", pollers,
     "the HTTP proxy to sources, http://host:port, asked with CONNECT; none: no proxy; default: "
     "what https_proxy, http_proxy, all_proxy and no_proxy in the environment say"},
    {"source_request_time", &Settings::source_request_time, "time", pollers,
     "how long a source may take to answer, or to take a connection", 100, 600 * second},
    {"source_body_bytes", &Settings::source_body_bytes, "bytes", pollers,
     "maximum size of a body that is polled", 1024, 256 * mebibyte},
    {"source_idle_time", &Settings::source_idle_time, "time", Programs::source,
     "how long a websocket may be silent, pongs included, until it is connected again", second,
     hour},
    {"source_message_bytes", &Settings::source_message_bytes, "bytes", Programs::source,
     "maximum size of a websocket's message; Kafka's own limit is usually 1 MiB", 1024, 990'000},
    {"source_queue_bytes", &Settings::source_queue_bytes, "bytes", Programs::source,
     "maximum size of a source's records that wait for Kafka; beyond it a websocket is not read",
     mebibyte, 1024 * mebibyte},
    {"notifier_secrets", &Settings::notifier_secrets, "path", Programs::notifier,
     "directory with a file for each secret by which sinks or subscribers have requests signed"},
    {"notifier_connections", &Settings::notifier_connections, "connections", Programs::notifier,
     "maximum number of requests at the same time; subscribers that fail have half of them", 1,
     1000},
    {"notifier_timeout", &Settings::notifier_timeout, "time", Programs::notifier,
     "how long a request may take, from the connection to the end of the answer", 100, hour},
    {"notifier_private",
     &Settings::notifier_private,
     "word",
     Programs::notifier,
     "yes: subscribers may have private addresses (loopback, link-local, private networks); no: "
     "they are not called",
     0,
     0,
     {"yes", "no"}},
    {"capture_directory", &Settings::capture_directory, "path", Programs::capture,
     "directory below which sinks of SERVER files have their files; all services must see the same "
     "one"},
    {"cache_secrets", &Settings::cache_secrets, "path", Programs::cache,
     "directory with a file for each password that sinks of SERVER redis name"},
    {"cache_timeout", &Settings::cache_timeout, "time", Programs::cache,
     "how long Redis may take to answer, or to take a connection", 100, hour},
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
        // Not shown: where the '=' is missing, the value may be a password.
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto equals = values[i].find('=');
            if (equals != 0 && equals != std::string::npos) continue;
            return (values.size() == 1 ? "the value" : "value " + std::to_string(i + 1)) +
                   " is not key=value";
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
    if (const auto* text = std::get_if<std::string Settings::*>(&field);
        text && (settings.**text).size() < least)
        return "must not be empty";
    if (choices.empty() || std::ranges::count(choices, print(settings)) != 0) return std::nullopt;
    std::string list;
    for (std::string_view choice : choices)
        list.append(list.empty() ? "" : ", ").append(choice);
    return "must be one of " + list;
}

}  // namespace tidewheel
