#pragma once
#include <string_view>

#include "field_tree.hpp"
#include "member_names.hpp"
#include "row_writer.hpp"

namespace tidewheel::codec {

// Reads the usual record in one pass over its bytes: an object whose values are strings without
// escapes, numbers without exponents, true, false and null. It never refuses a record: whatever is
// unusual or wrong, down to a value that its column can't take, it leaves to RapidJSON, which has
// to read the record from its beginning. What it does read means the same as by RapidJSON.
class FlatScanner {
  public:
    FlatScanner(FieldTree& fields, RowWriter& writer);

    // Writes the values of a record's fields, which the tree then has. `padding` bytes follow the
    // record, the first of them NUL. False: it is not for the scanner, and what it wrote has to be
    // undone.
    bool read(std::string_view record);

  private:
    FieldTree& fields_;
    RowWriter& writer_;
    MemberNames names_;
};

}  // namespace tidewheel::codec
