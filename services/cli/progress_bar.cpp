#include "cli/progress_bar.hpp"

#include <algorithm>
#include <ostream>

#include "cli/table.hpp"

namespace tidewheel::cli {
namespace {

constexpr int bar_width = 30;
constexpr std::chrono::milliseconds redraw_after{100};
constexpr std::chrono::seconds plain_line_after{5};

}  // namespace

std::string bar_text(const std::string& label, std::int64_t done, std::int64_t total, int width) {
    const std::int64_t whole = std::max<std::int64_t>(total, 1);
    const std::int64_t reached = std::clamp<std::int64_t>(total == 0 ? 1 : done, 0, whole);
    const auto filled =
        static_cast<std::size_t>(static_cast<double>(reached) / static_cast<double>(whole) * width);
    std::string bar =
        std::string(filled, '#') + std::string(static_cast<std::size_t>(width) - filled, '.');
    return label + "  [" + bar + "]  " + std::to_string(reached * 100 / whole) + " %  " +
           grouped(done) + " of " + grouped(total);
}

ProgressBar::ProgressBar(std::ostream& out, bool terminal, std::string label, std::int64_t total)
    : out_(out),
      terminal_(terminal),
      label_(std::move(label)),
      total_(total),
      drawn_(Clock::now()) {
    if (terminal_) draw();
}

ProgressBar::~ProgressBar() {
    if (terminal_ || drawn_once_) draw();
    if (terminal_) out_ << '\n' << std::flush;
}

void ProgressBar::set(std::int64_t done) {
    done_ = done;
    const auto patience = terminal_ ? std::chrono::milliseconds(redraw_after)
                                    : std::chrono::milliseconds(plain_line_after);
    if (Clock::now() - drawn_ >= patience) draw();
}

void ProgressBar::draw() {
    drawn_ = Clock::now();
    drawn_once_ = true;
    if (terminal_)
        out_ << '\r' << bar_text(label_, done_, total_, bar_width) << "\x1b[K" << std::flush;
    else
        out_ << label_ << ": " << grouped(done_) << " of " << grouped(total_) << std::endl;
}

}  // namespace tidewheel::cli
