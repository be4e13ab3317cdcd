#include "producer/progress.hpp"

#include <algorithm>
#include <ostream>
#include <string>

namespace tidewheel::producer {
namespace {

constexpr auto line_every = std::chrono::seconds(5);
constexpr std::uint64_t bar_width = 30;

}  // namespace

Progress::Progress(std::ostream& out, bool terminal, std::uint64_t count, const Clock& clock)
    : out_(out),
      terminal_(terminal),
      count_(count),
      clock_(clock),
      next_line_(clock.now() + line_every) {}

Progress::~Progress() {
    if (drawn_) out_ << "\r\033[K" << std::flush;
}

void Progress::show(std::uint64_t sent, std::uint64_t delivered) {
    if (terminal_) return draw_bar(sent, delivered);
    if (clock_.now() < next_line_) return;
    next_line_ += line_every;
    out_ << "sent " << sent;
    if (count_ > 0) out_ << " of " << count_;
    out_ << ", delivered " << delivered << std::endl;
}

void Progress::draw_bar(std::uint64_t sent, std::uint64_t delivered) {
    out_ << "\r\033[K";
    if (count_ > 0) {
        const std::uint64_t filled = std::min(delivered, count_) * bar_width / count_;
        out_ << '[' << std::string(filled, '#') << std::string(bar_width - filled, '.') << "] "
             << std::min(delivered, count_) * 100 / count_ << " %  ";
    }
    out_ << "sent " << sent << ", delivered " << delivered << std::flush;
    drawn_ = true;
}

}  // namespace tidewheel::producer
