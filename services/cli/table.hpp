#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel::cli {

// Aligned columns for people. Widths count characters, not bytes; the last column is never padded.
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

std::string joined(const std::vector<std::string>& items, const std::string& between);
std::size_t characters(std::string_view utf8);
std::string shorten(std::string_view utf8,
                    std::size_t most);  // to at most that many characters, the last one "…"
std::string grouped(long long number);  // 1234567 → "1,234,567"
std::string plural(long long number, std::string_view noun);  // 1 → "1 row", 2 → "2 rows"
std::string rough_duration(double seconds);  // 0.2 → "200 ms", 75 → "1 min 15 s"

}  // namespace tidewheel::cli
