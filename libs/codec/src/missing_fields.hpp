#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "field_tree.hpp"
#include "row_writer.hpp"

namespace tidewheel::codec {

// The columns that must do something when their field is missing: they take their DEFAULT, or the
// record is refused.
class MissingFields {
  public:
    // The columns that the tree feeds. The schema, the tree and the writer outlive it. Throws Error
    // (pipeline) for a DEFAULT that is no JSON.
    MissingFields(const engine::Schema& schema, const FieldTree& fields, RowWriter& writer);
    ~MissingFields();

    // Each returns false when the record is refused; the writer knows why. `what` begins what is
    // said of it.
    bool fill(const std::string& what);
    // There is no object: its columns are NULL. No DEFAULT fills them.
    bool leave_null(engine::Reason reason, std::string_view why);

  private:
    struct Expected;

    const engine::Schema& schema_;
    const FieldTree& fields_;
    RowWriter& writer_;
    std::vector<Expected> expected_;
};

}  // namespace tidewheel::codec
