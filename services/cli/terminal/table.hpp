#pragma once
#include <string>
#include <vector>

namespace tidewheel::cli {

// Aligned columns for people. Widths count characters, not bytes; the last column is never padded.
// A cell is one line, whatever it holds: control characters and newlines are shown as escapes.
class Table {
  public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void row(std::vector<std::string> cells);  // as many as there are columns
    bool empty() const { return rows_.empty(); }
    std::string text() const;  // with a line of titles; every line ends in a newline

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace tidewheel::cli
