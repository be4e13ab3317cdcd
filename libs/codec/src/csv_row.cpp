#include "csv_row.hpp"

#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::codec {

CsvRow::CsvRow(const engine::CsvForm& form) : form_(form), marks_(form) {}

bool CsvRow::begin(std::string_view row) {
    fault_.clear();
    is_over_ = false;
    row_ = row;
    at_ = 0;
    marks_.find(row);
    mark_ = marks_.begin();
    if (marks_.has_nul()) return refuse("a NUL byte at byte " + std::to_string(row.find('\0')));
    if (marks_.is_ascii()) return true;
    const auto invalid = find_invalid_utf8(row);
    return !invalid || refuse("invalid UTF-8 at byte " + std::to_string(*invalid));
}

bool CsvRow::next_of_any_form() {
    text_ = row_.substr(at_, 0);
    is_joined_ = was_quoted_ = false;
    for (std::size_t begin = at_;; ++mark_) {
        const std::size_t at = *mark_;
        const char c = row_.data()[at];  // behind the row a zero
        if (c == form_.quote) {
            add(row_.substr(begin, at - begin));
            if (!take_quoted()) return false;
            begin = *mark_ + 1;
        } else if (c == form_.delimiter) {
            add(row_.substr(begin, at - begin));
            at_ = at + 1;
            ++mark_;
            return true;
        } else if (at == row_.size() || c == '\n' || c == '\r') {
            add(row_.substr(begin, at - begin));
            is_over_ = true;
            return at == row_.size() || finish_line();
        }
    }
}

// From the mark of an opening quote to that of the closing one.
bool CsvRow::take_quoted() {
    was_quoted_ = true;
    std::size_t begin = *mark_ + 1;
    for (++mark_; *mark_ != row_.size(); ++mark_) {
        const std::size_t at = *mark_;
        const char c = row_[at], following = row_.data()[at + 1];
        const bool is_escape =
            c == form_.escape && (following == form_.escape || following == form_.quote);
        if (!is_escape && c != form_.quote) continue;
        add(row_.substr(begin, at - begin));
        if (!is_escape) return true;
        begin = at + 1;
        ++mark_;
    }
    return refuse("unterminated CSV quoted field");
}

// A field is a part of the row as long as it can be.
inline void CsvRow::add(std::string_view piece) {
    if (piece.empty()) return;
    if (text_.empty()) {
        text_ = piece;
        return;
    }
    if (!is_joined_) joined_.assign(text_);
    is_joined_ = true;
    text_ = joined_.append(piece);
}

bool CsvRow::finish_line() {
    const std::string_view end = row_.substr(*mark_);
    return end == "\n" || end == "\r\n" || end == "\r" ||
           refuse(end[0] == '\n' ? "unquoted newline found in data: a record is one row"
                                 : "unquoted carriage return found in data: a record is one row");
}

[[gnu::cold]] bool CsvRow::refuse(std::string why) {
    fault_ = std::move(why);
    is_over_ = true;
    return false;
}

}  // namespace tidewheel::codec
