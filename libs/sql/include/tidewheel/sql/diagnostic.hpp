#pragma once
#include <string>
#include <vector>

#include "tidewheel/core/error.hpp"

namespace tidewheel::sql {

// Where in a pipeline file. Lines and columns count from 1; columns count characters, not bytes.
struct Position {
    std::string file;
    int line = 0;
    int column = 0;
    bool operator==(const Position&) const = default;
};

// A name in a statement, as SQL, that only PostgreSQL can resolve.
struct Mention {
    enum class What { relation, function };
    What what;
    std::string name;
    Position position;
    std::string source_line;
};

// One thing wrong with a pipeline, printed as
//   pipelines/store_events.sql:31:8: error: window functions are not supported in a continuous
//   INSERT
//      31 | SELECT row_number() OVER (ORDER BY ts), id
//         |        ^
//   hint: …
struct Diagnostic {
    Position position;
    std::string what;
    std::string hint;         // may be empty
    std::string source_line;  // may be empty

    // For a caller that can ask PostgreSQL about it (libs/apply/src/unknown_names.hpp).
    std::string sqlstate = {};           // of PostgreSQL's refusal; empty: it is ours
    std::vector<Mention> mentions = {};  // the names that the refusal rests on

    std::string text() const;
};

// "Did you mean X?", when a word of the list is near enough; else empty.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

// All that is wrong with a pipeline; what() joins the texts.
class PipelineError : public Error {
  public:
    explicit PipelineError(std::vector<Diagnostic> diagnostics);
    const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  private:
    std::vector<Diagnostic> diagnostics_;
};

}  // namespace tidewheel::sql
