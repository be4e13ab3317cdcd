#include "cli/view_change.hpp"

#include <algorithm>

namespace tidewheel::cli {
namespace {

bool is_same_key(const sql::Key& a, const sql::Key& b) {
    return a.column == b.column && a.expression == b.expression;
}

bool is_same_partial(const sql::Partial& a, const sql::Partial& b) {
    return a.column == b.column && a.expression == b.expression && a.merge == b.merge;
}

}  // namespace

ViewChange change_of(const sql::ViewStatement& before, const sql::ViewStatement& after) {
    if (!std::ranges::equal(before.keys, after.keys, is_same_key) ||
        !std::ranges::equal(before.partials, after.partials, is_same_partial))
        return ViewChange::state;
    return before.from == after.from && before.where == after.where ? ViewChange::finish
                                                                    : ViewChange::source;
}

}  // namespace tidewheel::cli
