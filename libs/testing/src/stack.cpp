#include "tidewheel/testing/stack.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <random>
#include <thread>

#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::testing {
namespace {

constexpr std::string_view object_in_use = "55006";

std::string required(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0')
        throw Error(Error::Kind::setting, std::string(variable) + " is not set",
                    "run the test by ./dev test, which starts the servers and names them");
    return value;
}

std::string base36(std::uint64_t number) {
    std::string text;
    for (; number != 0; number /= 36)
        text += "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    return text;
}

void on_shared_server(const std::string& sql) {
    postgres::Connection(required("TIDEWHEEL_TEST_DATABASE"), "tidewheel-test").query(sql);
}

}  // namespace

kafka::ClientSettings kafka() {
    kafka::ClientSettings settings;
    settings.brokers = required("TIDEWHEEL_TEST_KAFKA");
    settings.client_id = "tidewheel-test";
    return settings;
}

// The process id keeps apart what runs now, the random number what ran before.
std::string unique(const std::string& stem) {
    static std::mutex mutex;
    static std::mt19937_64 random{std::random_device{}()};
    const std::lock_guard lock(mutex);
    return stem + "_" + base36(static_cast<std::uint64_t>(::getpid())) + base36(random() >> 24U);
}

std::string unique_path(const std::string& place, const std::string& stem) {
    const char* run = std::getenv("TIDEWHEEL_STATE");
    const std::filesystem::path base =
        run != nullptr ? run : std::filesystem::temp_directory_path() / "tidewheel-tests";
    return base / place / unique(stem);
}

TemporaryDatabase::TemporaryDatabase() : name_(unique("test")) {
    url_ = with_database(required("TIDEWHEEL_TEST_DATABASE"), name_);
    on_shared_server("CREATE DATABASE " + name_);
}

TemporaryDatabase::~TemporaryDatabase() {
    try {
        // FORCE doesn't end a walsender, which a killed client leaves behind for a moment.
        eventually(
            "no slot is in use",
            [&] {
                try {
                    on_shared_server("DROP DATABASE " + name_ + " WITH (FORCE)");
                    return true;
                } catch (const postgres::DatabaseError& error) {
                    if (error.sqlstate() != object_in_use) throw;
                    return false;
                }
            },
            std::chrono::seconds(10));
    } catch (const Error& error) {
        std::fprintf(stderr, "database %s stays behind: %s\n", name_.c_str(), error.what());
    }
}

std::string with_database(const std::string& url, const std::string& name) {
    const std::size_t scheme_end = url.find("://");
    if (scheme_end == std::string::npos)
        throw Error(Error::Kind::setting, "\"" + url + "\" is not a PostgreSQL URL");
    const std::size_t host_end = std::min(url.find_first_of("/?", scheme_end + 3), url.size());
    const std::size_t path_end = std::min(url.find('?', host_end), url.size());
    return url.substr(0, host_end) + "/" + name + url.substr(path_end);
}

// The one place where tests wait by time; everything else waits through it. What is asked may start
// a program or a session, so it is asked less often the longer it takes.
void eventually(const std::string& what, const std::function<bool()>& condition,
                std::chrono::milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    std::string obstacle;
    std::chrono::milliseconds pause{10};
    do {
        try {
            if (condition()) return;
            obstacle.clear();
        } catch (const Error& error) {
            if (!error.retryable()) throw;
            obstacle = std::string(" (") + error.what() + ")";
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, std::chrono::milliseconds(160));
    } while (std::chrono::steady_clock::now() < end);
    throw Error(Error::Kind::unavailable,
                "not within " + std::to_string(deadline.count()) + " ms: " + what + obstacle);
}

}  // namespace tidewheel::testing
