#include "tidewheel/sql/diagnostic.hpp"

#include <fmt/format.h>

namespace tidewheel::sql {
namespace {

std::string joined(const std::vector<Diagnostic>& diagnostics) {
    std::string text;
    for (const auto& diagnostic : diagnostics) {
        if (!text.empty()) text += '\n';
        text += diagnostic.text();
    }
    return text;
}

// White space as wide as `count` characters of the line, so that the caret stands under the right
// one: tabs stay tabs.
std::string indent_like(const std::string& line, int count) {
    std::string indent;
    for (std::size_t i = 0; i < line.size() && count > 0; ++i) {
        if ((line[i] & 0xC0) == 0x80) continue;
        indent += line[i] == '\t' ? '\t' : ' ';
        --count;
    }
    return indent;
}

}  // namespace

std::string Diagnostic::text() const {
    std::string text =
        fmt::format("{}:{}:{}: error: {}", position.file, position.line, position.column, what);
    if (!source_line.empty()) {
        text += fmt::format("\n{:>5} | {}\n      | {}^", position.line, source_line,
                            indent_like(source_line, position.column - 1));
    }
    if (!hint.empty()) text += "\n  hint: " + hint;
    return text;
}

PipelineError::PipelineError(std::vector<Diagnostic> diagnostics)
    : Error(Kind::pipeline, joined(diagnostics)), diagnostics_(std::move(diagnostics)) {}

}  // namespace tidewheel::sql
