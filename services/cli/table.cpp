#include "cli/table.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tidewheel::cli {
namespace {

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

void append_padded(std::string& line, const std::string& cell, std::size_t width,
                   Table::Align align, bool last) {
    const std::string padding(width - std::min(width, characters(cell)), ' ');
    if (align == Table::Align::right) line += padding;
    line += cell;
    if (align == Table::Align::left && !last) line += padding;
    if (!last) line += "  ";
}

std::string with_unit(double value, const char* unit) {
    return std::to_string(static_cast<long long>(std::llround(value))) + " " + unit;
}

}  // namespace

std::string joined(const std::vector<std::string>& items, const std::string& between) {
    std::string text;
    for (const std::string& item : items)
        text += (text.empty() ? "" : between) + item;
    return text;
}

void Table::row(std::vector<std::string> cells) {
    if (cells.size() != columns_.size()) throw std::logic_error("a table row of another width");
    rows_.push_back(std::move(cells));
}

std::string Table::text() const {
    std::vector<std::size_t> widths;
    std::vector<std::string> titles;
    for (const Column& column : columns_) {
        titles.push_back(column.title);
        widths.push_back(characters(column.title));
    }
    for (const auto& cells : rows_)
        for (std::size_t i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths[i], characters(cells[i]));
    std::string text;
    const auto append_line = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i)
            append_padded(line, cells[i], widths[i], columns_[i].align, i + 1 == cells.size());
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    };
    append_line(titles);
    for (const auto& cells : rows_)
        append_line(cells);
    return text;
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), starts_character));
}

std::string shorten(std::string_view utf8, std::size_t most) {
    if (characters(utf8) <= most) return std::string(utf8);
    std::size_t end = 0;
    for (std::size_t seen = 0; end < utf8.size(); ++end)
        if (starts_character(utf8[end]) && ++seen == most) break;
    return std::string(utf8.substr(0, end)) + "…";
}

std::string grouped(long long number) {
    const std::string digits = std::to_string(number < 0 ? -number : number);
    std::string text = number < 0 ? "-" : "";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string plural(long long number, std::string_view noun) {
    return grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string rough_duration(double seconds) {
    if (seconds < 1) return with_unit(std::max(0.0, seconds) * 1000, "ms");
    if (seconds < 60) return with_unit(seconds, "s");
    const auto whole = static_cast<long long>(seconds);
    if (whole < 3600)
        return with_unit(static_cast<double>(whole / 60), "min") + " " +
               with_unit(static_cast<double>(whole % 60), "s");
    if (whole < 86400)
        return with_unit(static_cast<double>(whole / 3600), "h") + " " +
               with_unit(static_cast<double>(whole / 60 % 60), "min");
    return with_unit(static_cast<double>(whole / 86400), "d") + " " +
           with_unit(static_cast<double>(whole / 3600 % 24), "h");
}

}  // namespace tidewheel::cli
