#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "csv_marks.hpp"
#include "tidewheel/engine/csv_form.hpp"

namespace tidewheel::codec {

// Takes a row of CSV apart, by the rules of PostgreSQL's COPY … (FORMAT csv): quotes may stand anywhere
// in a field, and inside of them an escape makes a quote or an escape a character like others. A line
// end may follow the row. Allocates nothing once it has grown.
class CsvRow {
  public:
    explicit CsvRow(const engine::CsvForm& form);

    // `padding` bytes follow the row, which lives until its last field is read. False: it is no text
    // that PostgreSQL can hold; fault() says why.
    bool begin(std::string_view row);
    // The next field. False: there is none; fault() says if that is for another reason than the end
    // of the row.
    bool next() {
        if (is_over_) return false;
        const std::size_t at = *mark_;  // behind the row is a zero, which is no delimiter
        if (row_.data()[at] != form_.delimiter) return next_of_any_form();
        text_ = {row_.data() + at_, at - at_};
        was_quoted_ = false;
        at_ = at + 1;
        ++mark_;
        return true;
    }

    std::string_view text() const { return text_; }  // of the field, until the next one
    bool is_null() const { return !was_quoted_ && text_ == form_.null; }
    const std::string& fault() const { return fault_; }  // empty: none

  private:
    bool next_of_any_form();
    bool take_quoted();
    void add(std::string_view piece);
    bool finish_line();
    bool refuse(std::string why);

    engine::CsvForm form_;
    CsvMarks marks_;
    std::string_view row_;
    const std::uint32_t* mark_ = nullptr;  // the first one that is not behind us
    std::size_t at_ = 0;                   // where the next field begins
    bool is_over_ = true;
    std::string_view text_;
    std::string joined_;  // the text of a field that is not in one piece
    bool is_joined_ = false, was_quoted_ = false;
    std::string fault_;
};

}  // namespace tidewheel::codec
