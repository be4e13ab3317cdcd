#include "cli/terminal/progress_bar.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"

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
    if (terminal_ && total_ > 0) draw();
}

void ProgressBar::end() {
    if (std::exchange(ended_, true)) return;
    if (!drawn_once_ && (!terminal_ || total_ == 0)) return;
    draw();
    if (terminal_) out_ << '\n' << std::flush;
}

void ProgressBar::show(std::int64_t done, std::int64_t total) {
    done_ = done;
    total_ = total;
    const auto timeout = terminal_ ? std::chrono::milliseconds(redraw_after)
                                   : std::chrono::milliseconds(plain_line_after);
    if (Clock::now() - drawn_ >= timeout) draw();
}

void ProgressBar::note(const std::string& text) {
    if (terminal_ && drawn_once_) out_ << '\n';
    out_ << "tidewheel: " << text << std::endl;
}

void ProgressBar::draw() {
    drawn_ = Clock::now();
    drawn_once_ = true;
    if (terminal_) {
        send_control(out_, "\r");
        out_ << bar_text(label_, done_, total_, bar_width);
        send_control(out_, "\x1b[K");
        out_.flush();
    } else
        out_ << label_ << ": " << grouped(done_) << " of " << grouped(total_) << std::endl;
}

}  // namespace tidewheel::cli
