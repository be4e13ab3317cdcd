#pragma once
#include <stop_token>
#include <thread>

namespace tidewheel {

// Turns SIGTERM and SIGINT into a stop request. Make one in main(), before any other thread: it
// blocks both signals for the process, and a thread of its own takes them from a signalfd. A second
// signal ends the process at once (exit status 128 + n).
class StopOnSignal {
  public:
    StopOnSignal();
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    std::stop_token token() const { return source_.get_token(); }

  private:
    std::stop_source source_;
    int wake_;  // eventfd: ends the thread
    std::jthread thread_;
};

// Whether one of both signals has come since the first StopOnSignal was made, while there was one or
// after it.
bool stop_was_requested();

}  // namespace tidewheel
