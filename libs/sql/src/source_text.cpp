#include "source_text.hpp"

#include <algorithm>

namespace tidewheel::sql {
namespace {

int count_characters(std::string_view text) {
    return static_cast<int>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string line_at(const std::string& text, std::size_t offset) {
    const std::size_t newline = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
    const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
    std::string line = text.substr(begin, text.find('\n', begin) - begin);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

// The Levenshtein distance, one row at a time.
std::size_t edit_distance(const std::string& from, const std::string& to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t substituted = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
        }
    }
    return row.back();
}

}  // namespace

Position SourceText::position(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const std::string_view before(text_.data(), offset);
    const std::size_t newline = before.rfind('\n');
    const auto line = before.substr(newline == std::string_view::npos ? 0 : newline + 1);
    return {file_, 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
            1 + count_characters(line)};
}

void SourceText::refuse(std::size_t offset, std::string what, std::string hint) {
    offset = std::min(offset, text_.size());
    diagnostics_.push_back(
        {position(offset), std::move(what), std::move(hint), line_at(text_, offset)});
}

void SourceText::mention(Mention::What what, std::size_t offset, std::string name) {
    offset = std::min(offset, text_.size());
    diagnostics_.back().mentions.push_back(
        {what, std::move(name), position(offset), line_at(text_, offset)});
}

void SourceText::finish() {
    if (diagnostics_.empty()) return;
    std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                     [](const Diagnostic& left, const Diagnostic& right) {
                         return std::pair(left.position.line, left.position.column) <
                                std::pair(right.position.line, right.position.column);
                     });
    throw PipelineError(std::move(diagnostics_));
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
    const std::string* nearest = nullptr;
    std::size_t least = word.size() / 3 + 2;
    for (const auto& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < least) {
            least = distance;
            nearest = &candidate;
        }
    }
    return nearest ? "Did you mean " + *nearest + "?" : std::string();
}

}  // namespace tidewheel::sql
