#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tidewheel {

// Every setting of every program. Each is declared once, in the table in settings_table.cpp, which
// gives the flag, the environment variable (TIDEWHEEL_…), the key in the config file, the default,
// the unit and the help; docs/reference/settings.md is generated from it. Precedence: flag,
// environment, config file, default.
struct Settings {
    // How to reach the servers.
    // A libpq connection string or URI; PGPASSWORD, PGPASSFILE… also work.
    std::string database = "postgresql:///tidewheel";
    std::string databases;                   // a file that lists several, which share the work
    std::string database_password_file;      // a file that holds the password (for secrets)
    std::string kafka = "localhost:9092";    // bootstrap servers
    std::vector<std::string> kafka_options;  // further librdkafka properties, key=value
    // Prefix of the consumer groups: GROUP.worker, GROUP.aggregator.
    std::string group = "tidewheel";

    // Batches: one closes when it is full, or when nothing more has arrived.
    std::size_t batch_rows = 5000;
    std::size_t batch_bytes = 4u << 20;
    std::chrono::milliseconds linger{5};
    std::size_t fetch_bytes = 4u << 20;  // what a partition may hold fetched ahead

    // Where statements run: native, in the service itself as far as it can; pushdown, in PostgreSQL.
    std::string executor = "native";

    // What all partitions of a service share.
    std::size_t sessions = 4;
    std::size_t memory = 128u << 20;

    // Timeouts.
    std::chrono::milliseconds retry_longest{5000};
    std::chrono::milliseconds confirm_truncation{15000};
    std::chrono::milliseconds stall_after{30000};  // lag without progress for this long: not ready

    // Telemetry.
    // /metrics, /healthz, /readyz; port 0: any free one, named in the log.
    std::string listen = "127.0.0.1:0";
    std::string log_level = "info";
    std::string log_format = "text";  // text or json

    std::string instance;  // the owner's name in claims; default: host name and process id

    // Who may have the producer make events.
    std::string http_token;  // requests must carry it; empty: none is required
    std::string http_token_file;
    std::size_t http_max_count = 1'000'000;  // of one request

    // What tidewheel-ingress takes from its clients.
    std::string ingress_listen = "127.0.0.1:8080";  // the streams' paths and /openapi.json
    std::string ingress_certificate_file;           // PEM; empty: plain HTTP
    std::string ingress_key_file;                   // empty: in the file of the certificate
    std::string ingress_secrets;                    // a directory: a file for each secret
    std::size_t ingress_body_bytes = 1u << 20;      // of a request, also when it is inflated
    std::size_t ingress_header_bytes = 16u << 10;
    std::chrono::milliseconds ingress_read_time{20000};
    std::size_t ingress_connections = 1024;
    // What may wait for Kafka, of all requests together, and for how long.
    std::size_t ingress_queue_records = 100'000;
    std::size_t ingress_queue_bytes = 64u << 20;
    std::chrono::milliseconds ingress_delivery_time{5000};

    // How the schema registries are reached that streams name.
    std::string registry_url;  // to whom the user or token is sent; commas between them
    std::string registry_user, registry_password_file;  // empty: none
    std::string registry_token_file;                    // instead of a user
    std::string registry_ca_file;  // the certificates that are trusted; empty: the system's

    // How tidewheel-source and `tidewheel poll` reach what the streams name as their source.
    std::string source_headers;  // a directory: a file for each stream that needs headers
    std::string source_ca_file;  // the certificates that are trusted; empty: the system's
    std::string source_proxy;    // empty: as https_proxy and the like say
    std::chrono::milliseconds source_request_time{10000};
    std::size_t source_body_bytes = 16u << 20;  // of a body that is polled
    // Of websockets.
    std::chrono::milliseconds source_idle_time{30000};
    std::size_t source_message_bytes = 960u << 10;
    std::size_t source_queue_bytes = 64u << 20;  // of each source, until Kafka has them

    // How tidewheel-notifier delivers.
    std::string notifier_secrets;           // a directory: a file for each secret
    std::size_t notifier_connections = 32;  // at the same time
    std::chrono::milliseconds notifier_timeout{10000};
    std::string notifier_private = "no";  // whether private addresses may be called

    // Where tidewheel-capture writes.
    std::string capture_directory;

    // How tidewheel-cache reaches Redis.
    std::string cache_secrets;  // a directory: a file for each password
    std::chrono::milliseconds cache_timeout{5000};

    // What is worth saying at start, though nothing is wrong enough to stop: a program prints or
    // logs it. Not a setting.
    std::vector<std::string> warnings;
};

// Which programs show a setting.
enum class Programs : std::uint16_t {
    cli = 1,
    producer = 2,
    worker = 4,
    aggregator = 8,
    ingress = 16,
    source = 32,
    changefeed = 64,
    notifier = 128,
    capture = 256,
    cache = 512,
    publisher = 1024,
    services = 2046,
    all = 2047
};
// Those that `tidewheel run` is in one: every service but the producer.
inline constexpr auto runner_programs = static_cast<Programs>(
    static_cast<unsigned>(Programs::services) & ~static_cast<unsigned>(Programs::producer));

}  // namespace tidewheel
