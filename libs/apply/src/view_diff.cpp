#include "view_diff.hpp"

#include <algorithm>

namespace tidewheel::apply {
namespace {

bool is_same_key(const sql::Key& a, const sql::Key& b) {
    return a.column == b.column && a.expression == b.expression;
}

bool is_same_partial(const sql::Partial& a, const sql::Partial& b) {
    return a.column == b.column && a.expression == b.expression && a.merge == b.merge;
}

ViewDiff diff_rows(const sql::KeptRows& before, const sql::KeptRows& after) {
    if (before.values != after.values) return ViewDiff::state;
    return before.source == after.source ? ViewDiff::finish : ViewDiff::source;
}

}  // namespace

ViewDiff diff_views(const sql::ViewStatement& before, const sql::ViewStatement& after) {
    if (before.rows && after.rows) return diff_rows(*before.rows, *after.rows);
    if (before.rows || after.rows) return ViewDiff::state;
    if (!std::ranges::equal(before.keys, after.keys, is_same_key) ||
        !std::ranges::equal(before.partials, after.partials, is_same_partial) ||
        before.kept != after.kept)
        return ViewDiff::state;
    return before.from == after.from && before.where == after.where ? ViewDiff::finish
                                                                    : ViewDiff::source;
}

}  // namespace tidewheel::apply
