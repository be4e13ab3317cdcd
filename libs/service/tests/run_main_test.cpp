// A service without lanes, of the parts that any service has.
#include "tidewheel/service/run_main.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/service/shell.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::service;
using namespace std::chrono_literals;

namespace {

// The exit status of a process of its own that runs this.
template <class Run>
int status_of(Run&& run) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(run());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

using Loop = std::function<void(const Settings&, std::stop_token)>;

int main_with(const Loop& loop) {
    Settings settings;
    settings.stall_after = 1s;
    return run_main("dummy", settings,
                    [&](std::stop_token stop) { loop(settings, std::move(stop)); });
}

int failures = 0;
void expect(bool holds) {
    if (!holds) ++failures;
}

http::Response get(const Shell& shell, const std::string& path) {
    return http::fetch("GET", shell.url() + path);
}

}  // namespace

TEST_CASE("a service without lanes has an admin server, health and a stop by signal") {
    const auto loop = [](const Settings& settings, std::stop_token stop) {
        Shell shell(settings, "a server");
        shell.start();
        shell.health().set_degraded("dummy", "has not begun");
        expect(get(shell, "/readyz").status == 503);
        expect(get(shell, "/readyz").body.starts_with("dummy: has not begun\n"));
        expect(get(shell, "/metrics").body.find("tidewheel_ready 0") != std::string::npos);
        shell.health().set_healthy("dummy");
        shell.beat();
        expect(get(shell, "/readyz").status == 200);
        expect(get(shell, "/metrics").body.find("tidewheel_ready 1") != std::string::npos);
        expect(get(shell, "/healthz").body == "alive\n");
        expect(get(shell, "/metrics").body.find("tidewheel_build_info{") != std::string::npos);
        ::kill(::getpid(), SIGTERM);
        while (wait_for(stop, 10ms))
            shell.beat();
        if (failures > 0) throw Error(Error::Kind::refused, "expectations failed");
    };
    CHECK(status_of([&] { return main_with(loop); }) == 0);
}

TEST_CASE("a service whose own thread is silent is not ready, until it beats again") {
    const auto loop = [](const Settings& settings, std::stop_token stop) {
        Shell shell(settings, "a server");
        shell.start();
        shell.beat(-2s);
        expect(get(shell, "/readyz").body.find("service: stuck") == 0);
        shell.beat(1h);  // a wait that it announces
        expect(get(shell, "/readyz").status == 200);
        ::kill(::getpid(), SIGTERM);
        while (wait_for(stop, 1h)) {
        }
        if (failures > 0) throw Error(Error::Kind::refused, "expectations failed");
    };
    CHECK(status_of([&] { return main_with(loop); }) == 0);
}

TEST_CASE("services in one process have one admin server, and each says what it lacks") {
    const auto loop = [](const Settings& settings, const std::stop_token&) {
        Shell shell(settings, "a server");
        shell.start();
        expect(get(shell, "/readyz").body == "service: has not begun\n");
        shell.beat();
        auto other = shell.add("other");
        expect(get(shell, "/readyz").body == "other: service: has not begun\n");
        other->health().set_degraded("database", "is away");
        expect(get(shell, "/readyz").body == "other: database: is away\n");
        other = shell.add("other");
        other->beat(-2s);
        expect(get(shell, "/readyz").body.find("other: service: stuck") == 0);
        other.reset();
        expect(get(shell, "/readyz").status == 200);
        if (failures > 0) throw Error(Error::Kind::refused, "expectations failed");
    };
    CHECK(status_of([&] { return main_with(loop); }) == 0);
}

TEST_CASE("what a service's work throws is its exit status") {
    CHECK(status_of([] {
              return main_with([](const Settings&, std::stop_token) {
                  throw Error(Error::Kind::unavailable, "the server is away");
              });
          }) == static_cast<int>(ExitCode::unavailable));
}

TEST_CASE("the watchdog ends a process whose own thread is silent for too long") {
    CHECK(status_of([] {
              std::atomic<Clock::Monotonic> seen_at{Clock::system().now()};
              const Watchdog watchdog(seen_at, 100ms);
              for (;;)
                  ::pause();
              return 0;
          }) == static_cast<int>(ExitCode::unavailable));
}
