#include "tidewheel/core/signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace tidewheel {
namespace {

std::atomic<bool> requested = false;

int checked(int result, const char* call) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), call);
    return result;
}

// Blocked for this thread and for every thread that it starts, so that only the signalfd sees them.
int open_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    const int error = pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_sigmask");
    return checked(signalfd(-1, &signals, SFD_CLOEXEC), "signalfd");
}

void watch(int signals, int wake, std::stop_source source) {
    pollfd waits[] = {{signals, POLLIN, 0}, {wake, POLLIN, 0}};
    while (true) {
        if (poll(waits, 2, -1) < 0) continue;  // EINTR
        if (waits[1].revents != 0) return;
        signalfd_siginfo received{};
        if (read(signals, &received, sizeof received) != sizeof received) continue;
        requested = true;
        // request_stop() is false when a stop had been asked for: the user insists.
        if (!source.request_stop()) _exit(128 + static_cast<int>(received.ssi_signo));
    }
}

}  // namespace

StopOnSignal::StopOnSignal() : wake_(checked(eventfd(0, EFD_CLOEXEC), "eventfd")) {
    const int signals = open_signals();
    thread_ = std::jthread([signals, wake = wake_, source = source_] {
        watch(signals, wake, source);
        close(signals);
    });
}

// The signals stay blocked: one that comes while main() returns must not turn a clean end into a
// kill.
StopOnSignal::~StopOnSignal() {
    eventfd_write(wake_, 1);
    thread_.join();
    close(wake_);
}

bool stop_was_requested() {
    sigset_t pending;
    return requested || (sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 ||
                                                       sigismember(&pending, SIGINT) == 1));
}

}  // namespace tidewheel
