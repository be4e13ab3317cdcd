#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tidewheel/engine/csv_form.hpp"

namespace tidewheel::codec {

// Finds, in one pass over a row, the bytes that may mean something in CSV: delimiters, quotes, escapes
// and ends of lines.
class CsvMarks {
  public:
    explicit CsvMarks(const engine::CsvForm& form);

    // `padding` bytes follow the row.
    void find(std::string_view row);
    // Their offsets, and behind them the row's size. Until the next row.
    const std::uint32_t* begin() const { return marks_.data(); }
    bool has_nul() const { return has_nul_; }
    bool is_ascii() const { return is_ascii_; }

  private:
    char delimiter_, quote_, escape_;
    std::vector<std::uint32_t> marks_;
    bool has_nul_ = false, is_ascii_ = true;
};

}  // namespace tidewheel::codec
