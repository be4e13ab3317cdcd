#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "source_text.hpp"

namespace tidewheel::sql {

// One statement's place in the file, comments around it left out.
struct Piece {
    std::size_t begin, end;
    std::string given_name;  // what a comment `-- name: x` directly before it says
};

// Cuts the file at its semicolons. Text that can't be cut is refused; the statements before it are
// still returned.
std::vector<Piece> split(SourceText& source);

}  // namespace tidewheel::sql
