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

    std::string text() const;
};

// All that is wrong with a pipeline; what() joins the texts.
class PipelineError : public Error {
  public:
    explicit PipelineError(std::vector<Diagnostic> diagnostics);
    const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  private:
    std::vector<Diagnostic> diagnostics_;
};

}  // namespace tidewheel::sql
