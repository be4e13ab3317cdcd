#include "cli/terminal/text_diff.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>

namespace tidewheel::cli {
namespace {

using Kind = DiffLine::Kind;

constexpr std::ptrdiff_t context = 3;
constexpr std::size_t largest = 4'000'000;  // cells of the table: two texts of 2,000 lines

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

// How long the longest common subsequence of what begins at (i, j) is.
class CommonLines {
  public:
    CommonLines(const std::vector<std::string>& before, const std::vector<std::string>& after)
        : width_(after.size() + 1), length_((before.size() + 1) * width_, 0) {
        for (std::size_t i = before.size(); i-- > 0;)
            for (std::size_t j = after.size(); j-- > 0;)
                length_[i * width_ + j] = before[i] == after[j]
                                              ? at(i + 1, j + 1) + 1
                                              : std::max(at(i + 1, j), at(i, j + 1));
    }
    std::uint32_t at(std::size_t i, std::size_t j) const { return length_[i * width_ + j]; }

  private:
    std::size_t width_;
    std::vector<std::uint32_t> length_;
};

std::vector<DiffLine> all_lines(const std::vector<std::string>& before,
                                const std::vector<std::string>& after) {
    std::vector<DiffLine> lines;
    std::size_t i = 0, j = 0;
    if (before.size() * after.size() <= largest) {
        const CommonLines common(before, after);
        while (i < before.size() && j < after.size()) {
            if (before[i] == after[j]) {
                lines.push_back({Kind::same, before[i++]});
                ++j;
            } else if (common.at(i + 1, j) >= common.at(i, j + 1)) {
                lines.push_back({Kind::removed, before[i++]});
            } else {
                lines.push_back({Kind::added, after[j++]});
            }
        }
    }
    for (; i < before.size(); ++i)
        lines.push_back({Kind::removed, before[i]});
    for (; j < after.size(); ++j)
        lines.push_back({Kind::added, after[j]});
    return lines;
}

bool is_near_a_change(const std::vector<DiffLine>& lines, std::ptrdiff_t place) {
    const auto first = std::max<std::ptrdiff_t>(0, place - context);
    const auto last = std::min(static_cast<std::ptrdiff_t>(lines.size()), place + context + 1);
    return std::any_of(lines.begin() + first, lines.begin() + last,
                       [](const DiffLine& line) { return line.kind != Kind::same; });
}

const char* sign_of(Kind kind) {
    switch (kind) {
        case Kind::removed:
            return "-";
        case Kind::added:
            return "+";
        case Kind::skipped:
            return "…";
        case Kind::same:
            break;
    }
    return " ";
}

const char* colour_of(Kind kind) {
    return kind == Kind::removed ? "\x1b[31m" : kind == Kind::added ? "\x1b[32m" : "";
}

}  // namespace

std::vector<DiffLine> diff_lines(const std::string& before, const std::string& after) {
    const std::vector<DiffLine> lines = all_lines(lines_of(before), lines_of(after));
    std::vector<DiffLine> near;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (is_near_a_change(lines, static_cast<std::ptrdiff_t>(i)))
            near.push_back(lines[i]);
        else if (near.empty() || near.back().kind != Kind::skipped)
            near.push_back({Kind::skipped, ""});
    }
    return near;
}

std::string diff_text(const std::vector<DiffLine>& lines, const std::string& indent,
                      bool in_colour) {
    std::string text;
    for (const DiffLine& line : lines) {
        const std::string colour = in_colour ? colour_of(line.kind) : "";
        text += indent + colour + sign_of(line.kind) + line.text +
                (colour.empty() ? "" : "\x1b[0m") + "\n";
    }
    return text;
}

}  // namespace tidewheel::cli
