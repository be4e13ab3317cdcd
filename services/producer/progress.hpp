#pragma once
#include <cstdint>
#include <iosfwd>

#include "tidewheel/core/clock.hpp"

namespace tidewheel::producer {

// How far a run has come: a bar that redraws itself on a terminal, a line every five seconds
// elsewhere.
class Progress {
  public:
    // count: events to send; 0: no end is known, so there is no bar, only numbers.
    Progress(std::ostream& out, bool terminal, std::uint64_t count,
             const Clock& clock = Clock::system());
    ~Progress();  // ends the bar's line
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::uint64_t sent, std::uint64_t delivered);

  private:
    void draw_bar(std::uint64_t sent, std::uint64_t delivered);

    std::ostream& out_;
    const bool terminal_;
    const std::uint64_t count_;
    const Clock& clock_;
    Clock::Monotonic next_line_;
    bool drawn_ = false;
};

}  // namespace tidewheel::producer
