#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/sql/diagnostic.hpp"

namespace tidewheel::sql {

// The text of a pipeline file, and what has been found wrong with it so far.
class SourceText {
  public:
    SourceText(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

    const std::string& text() const { return text_; }
    Position position(std::size_t offset) const;

    void refuse(std::size_t offset, std::string what, std::string hint = {});
    // Adds a name to what was refused last.
    void mention(Mention::What what, std::size_t offset, std::string name);
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
    Refusals(SourceText& source, std::size_t begin)
        : source_(source), begin_(begin), before_(source.problems()) {}

    void add(int location, std::string what, std::string hint = {}) {
        source_.refuse(begin_ + static_cast<std::size_t>(location > 0 ? location : 0),
                       std::move(what), std::move(hint));
    }
    // A name that what was added last rests on.
    void mention(Mention::What what, int location, std::string name) {
        source_.mention(what, begin_ + static_cast<std::size_t>(location > 0 ? location : 0),
                        std::move(name));
    }
    bool any() const { return source_.problems() > before_; }

  private:
    SourceText& source_;
    std::size_t begin_;
    std::size_t before_;
};

}  // namespace tidewheel::sql
