#pragma once
#include <string>
#include <vector>

namespace tidewheel::cli {

struct DiffLine {
    enum class Kind { same, removed, added, skipped };
    Kind kind;
    std::string text;  // of the line; empty for `skipped`, which stands for lines left out
};

// Two texts line by line, as `diff -u` compares them: changed lines with up to three that are the
// same around them.
std::vector<DiffLine> diff_lines(const std::string& before, const std::string& after);

// As a unified diff prints it, without headers: "-old", "+new", " same", "…" for what is left out;
// each line behind `indent`. in_colour: red and green, for a terminal.
std::string diff_text(const std::vector<DiffLine>& lines, const std::string& indent,
                      bool in_colour);

}  // namespace tidewheel::cli
