#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel {

// Every setting of every program. Each is declared once, in the table in settings.cpp, which gives
// the flag, the environment variable (TIDEWHEEL_…), the key in the config file, the default, the
// unit and the help; docs/reference/settings.md is generated from it. Precedence: flag,
// environment, config file, default.
struct Settings {
    // How to reach the servers.
    std::string database = "postgresql:///tidewheel";  // libpq connection string or URI;
                                                       // PGPASSWORD, PGPASSFILE… work too
    std::string database_password_file;      // a file that holds the password (for secrets)
    std::string kafka = "localhost:9092";    // bootstrap servers
    std::vector<std::string> kafka_options;  // further librdkafka properties, key=value
    std::string group =
        "tidewheel";  // prefix of the consumer groups: GROUP.worker, GROUP.aggregator

    // Batches: one closes on whichever comes first.
    std::size_t batch_rows = 5000;
    std::size_t batch_bytes = 4u << 20;
    std::chrono::milliseconds linger{20};
    std::size_t fetch_bytes = 4u << 20;  // what a partition may hold fetched ahead

    // Patience.
    std::chrono::milliseconds retry_longest{5000};
    std::chrono::milliseconds stall_after{30000};  // lag without progress for this long: not ready

    // Telemetry.
    std::string listen =
        "127.0.0.1:0";  // /metrics, /healthz, /readyz; port 0: any free one, named in the log
    std::string log_level = "info";
    std::string log_format = "text";  // text or json

    std::string instance;  // the owner's name in claims; default: host name and process id
};

// Which programs show a setting.
enum class Audience : std::uint8_t {
    cli = 1,
    producer = 2,
    worker = 4,
    aggregator = 8,
    services = 14,
    all = 15
};

// One row of the table, as the reference page shows it.
struct SettingDescription {
    std::string key, flag, environment, default_value, unit, help;
    Audience audience;
};

// Binds the settings of one program to a command line parser: flags, environment variables and
// --config FILE (also TIDEWHEEL_CONFIG). `app` is the root, not a subcommand: CLI11 reads a config
// file only there. The values are in `settings`, which must outlive the parser, once it has run.
void bind(CLI::App& app, Settings& settings, Audience audience);

std::vector<SettingDescription> describe_settings();
std::string settings_as_markdown();  // docs/reference/settings.md

// Checks ranges, names the instance, and moves the password from its file into `database`. Throws
// Error (setting). A second call changes nothing.
void complete(Settings& settings);

// Parses `argv` for a service whose only arguments are settings, and completes them. Returns false
// when the program should end at once (--help,
// --version, or a mistake, already printed), with its exit status.
bool parse_service(int argc, char** argv, const char* program, const char* purpose,
                   Audience audience, Settings& settings, int& status);

}  // namespace tidewheel
