#include "tidewheel/core/signals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;

namespace {

// The exit status of `program`, run in a process of its own: signals would hit the other tests.
// Negative: killed by a signal.
template <class Program>
int status_of(Program program) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(30);  // a program that hangs fails the test
        _exit(program());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int stops_on(int signal) {
    const tidewheel::StopOnSignal stop;
    kill(getpid(), signal);
    const bool stopped = !tidewheel::wait_for(stop.token(), 20s);
    return stopped && tidewheel::stop_was_requested() ? 0 : 1;
}

}  // namespace

TEST_CASE("a signal that comes between two programs' works is known to the second") {
    const auto between = [] {
        { const tidewheel::StopOnSignal stop; }
        if (tidewheel::stop_was_requested()) return 1;
        kill(getpid(), SIGINT);
        return tidewheel::stop_was_requested() ? 0 : 1;
    };
    CHECK(status_of(between) == 0);
}

TEST_CASE("SIGTERM and SIGINT ask for a stop and do not kill") {
    CHECK(status_of([] { return stops_on(SIGTERM); }) == 0);
    CHECK(status_of([] { return stops_on(SIGINT); }) == 0);
}

TEST_CASE("A second signal ends the process at once") {
    CHECK(status_of([] {
              const tidewheel::StopOnSignal stop;
              kill(getpid(), SIGTERM);
              tidewheel::wait_for(stop.token(), 20s);
              kill(getpid(), SIGTERM);
              pause();
              return 0;
          }) == 128 + SIGTERM);
}

TEST_CASE("Without a signal nothing stops, and the thread ends with its owner") {
    CHECK(status_of([] {
              const tidewheel::StopOnSignal stop;
              return stop.token().stop_requested() ? 1 : 0;
          }) == 0);
}

TEST_CASE("A stop reaches callbacks") {
    CHECK(status_of([] {
              const tidewheel::StopOnSignal stop;
              std::stop_source reached;
              const std::stop_callback callback(stop.token(), [&] { reached.request_stop(); });
              kill(getpid(), SIGINT);
              return tidewheel::wait_for(reached.get_token(), 20s) ? 1 : 0;
          }) == 0);
}
