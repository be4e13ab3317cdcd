#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/sql/diagnostic.hpp"

namespace tidewheel::sql {

// The text of a pipeline file, and what has been found wrong with it so far.
class Source {
  public:
    Source(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

    const std::string& text() const { return text_; }
    Position position(std::size_t offset) const;

    void refuse(std::size_t offset, std::string what, std::string hint = {});
    std::size_t problems() const { return diagnostics_.size(); }
    // Throws PipelineError when anything was refused.
    void finish();

  private:
    std::string text_;
    std::string file_;
    std::vector<Diagnostic> diagnostics_;
};

// Collects what is wrong with one statement; places are bytes in the statement's own text, -1: the
// statement as a whole.
class Refusals {
  public:
    Refusals(Source& source, std::size_t begin)
        : source_(source), begin_(begin), before_(source.problems()) {}

    void add(int location, std::string what, std::string hint = {}) {
        source_.refuse(begin_ + static_cast<std::size_t>(location > 0 ? location : 0),
                       std::move(what), std::move(hint));
    }
    bool any() const { return source_.problems() > before_; }

  private:
    Source& source_;
    std::size_t begin_;
    std::size_t before_;
};

// One statement's place in the file, comments around it left out.
struct Piece {
    std::size_t begin, end;
    std::string given_name;  // what a comment `-- name: x` directly before it says
};

// Cuts the file at its semicolons. What can't even be cut is refused; the statements before it are
// still returned.
std::vector<Piece> split(Source& source);

// "; did you mean X?", when a word of the list is near enough.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace tidewheel::sql
