#pragma once
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "tidewheel/core/progress_sink.hpp"

namespace tidewheel::cli {

// Shows how far long work has come: on a terminal a bar that redraws itself, elsewhere a plain line
// every five seconds. Writes to standard error, so that what is piped on stays clean.
class ProgressBar final : public ProgressSink {
  public:
    ProgressBar(std::ostream& out, bool terminal, std::string label, std::int64_t total = 0);
    ~ProgressBar() override { end(); }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void show(std::int64_t done, std::int64_t total) override;
    void note(const std::string& text) override;
    void end();  // the line; before anything else is printed

  private:
    using Clock = std::chrono::steady_clock;
    void draw();

    std::ostream& out_;
    bool terminal_;
    std::string label_;
    std::int64_t total_;
    std::int64_t done_ = 0;
    Clock::time_point drawn_{};
    bool drawn_once_ = false, ended_ = false;
};

// "label  [#####.....]  50 %  5,000 of 10,000"
std::string bar_text(const std::string& label, std::int64_t done, std::int64_t total, int width);

}  // namespace tidewheel::cli
