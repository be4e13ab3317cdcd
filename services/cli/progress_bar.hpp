#pragma once
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace tidewheel::cli {

// Shows how far long work has come: on a terminal a bar that redraws itself, elsewhere a plain line
// every five seconds. Writes to standard error, so that what is piped on stays clean.
class ProgressBar {
  public:
    ProgressBar(std::ostream& out, bool terminal, std::string label, std::int64_t total);
    ~ProgressBar();  // ends the line
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void advance(std::int64_t done) { set(done_ + done); }
    void set(std::int64_t done);
    void set_total(std::int64_t total) { total_ = total; }

  private:
    using Clock = std::chrono::steady_clock;
    void draw();

    std::ostream& out_;
    bool terminal_;
    std::string label_;
    std::int64_t total_;
    std::int64_t done_ = 0;
    Clock::time_point drawn_{};
    bool drawn_once_ = false;
};

// "label  [#####.....]  50 %  5,000 of 10,000"
std::string bar_text(const std::string& label, std::int64_t done, std::int64_t total, int width);

}  // namespace tidewheel::cli
