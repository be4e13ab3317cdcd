#include "cli/terminal/table.hpp"

#include <algorithm>
#include <stdexcept>

#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cli {
namespace {

void append_padded(std::string& line, const std::string& cell, std::size_t width,
                   Table::Align align, bool last) {
    const std::string padding(width - std::min(width, characters(cell)), ' ');
    if (align == Table::Align::right) line += padding;
    line += cell;
    if (align == Table::Align::left && !last) line += padding;
    if (!last) line += "  ";
}

}  // namespace

void Table::row(std::vector<std::string> cells) {
    if (cells.size() != columns_.size()) throw std::logic_error("a table row of another width");
    for (std::string& cell : cells)
        cell = printable_line(cell);
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

}  // namespace tidewheel::cli
