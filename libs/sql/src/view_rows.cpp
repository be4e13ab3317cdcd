#include "view_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"
#include "output_name.hpp"
#include "record_form.hpp"

namespace tidewheel::sql {
namespace {

// Of this SELECT: one in a sub-select is over its own rows.
bool has_aggregate(ast::Message& root) {
    bool found = false;
    ast::walk(root, [&](ast::Message& message) {
        found = found || is_aggregate(message);
        return !found && !ast::as<ast::Select>(&message);
    });
    return found;
}

bool is_star(const ast::Node& expression) {
    auto* reference = ast::as<ast::ColumnRef>(&expression);
    return reference && ast::as<ast::Star>(reference->fields[reference->n_fields - 1]);
}

// The table of the rows can't have a column of the stream's type: that is made again with every
// change of the stream.
void refuse_row(const ast::Target& target, const Stream& stream, Refusals& refusals) {
    refusals.add(target.location,
                 fmt::format("the whole row of stream {} is not supported as a column of a "
                             "continuous view",
                             stream.name.text()),
                 "Name the columns, or write .* after it.");
}

// What PostgreSQL has resolved has no * left.
void add_value(ast::Target& target, ViewStatement& view) {
    const std::size_t place = view.outputs.size();
    const std::string column = fmt::format("v{}", place + 1);
    view.rows->values.push_back({column, ast::deparse_expression(*target.val)});
    view.outputs.push_back({place < view.output_columns.size() ? view.output_columns[place]
                            : *target.name                     ? target.name
                                                               : output_name(*target.val),
                            column});
}

std::string without_list(ast::Tree& tree, ast::Select& select) {
    ast::Node* copy = tree.copy(*tree.wrap(ast::message(select)));
    ast::as<ast::Select>(copy)->n_target_list = 0;
    return ast::deparse(*copy);
}

}  // namespace

bool has_groups(const ast::Select& select) {
    return select.n_group_clause > 0 || select.having_clause ||
           std::ranges::any_of(TIDEWHEEL_NODES(select, target_list),
                               [](ast::Node* target) { return has_aggregate(target->base); });
}

bool is_of_rows(const ast::Select& select) {
    return select.n_distinct_clause == 0 && !has_groups(select);
}

void keep_rows(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference,
               ViewStatement& view, Refusals& refusals) {
    view.rows.emplace();
    std::string columns;
    for (ast::Node* node : TIDEWHEEL_NODES(select, target_list)) {
        auto& target = *ast::as<ast::Target>(node);
        if (!is_star(*target.val) &&
            is_row_of(*target.val, *stream_reference.stream, *stream_reference.place))
            refuse_row(target, *stream_reference.stream, refusals);
        add_value(target, view);
        columns +=
            fmt::format("{}{} AS {}", columns.empty() ? "" : ", ", view.outputs.back().expression,
                        ast::quote_identifier(view.outputs.back().column));
    }
    if (columns.empty())
        refusals.add(-1, fmt::format("the view {} has no column", view.name.text()),
                     "Select at least one.");
    if (refusals.any()) return;
    view.finish_before = fmt::format("SELECT {} FROM ", columns);
    view.rows->source = without_list(tree, select);
    const bool has_now = uses_now(ast::message(select));
    view.rows->by_record = record_form(tree, select, stream_reference);
    if (!has_now) return;
    std::string values;
    for (const Key& value : view.rows->values)
        values += ", " + value.column;
    view.in_order = fmt::format("SELECT {} FROM ({}) q (tidewheel_seq{})", values.substr(2),
                                view.rows->by_record, values);
}

}  // namespace tidewheel::sql
