#include "view_keys.hpp"

#include <fmt/format.h>

#include <optional>

#include "functions.hpp"
#include "names.hpp"

namespace tidewheel::sql {
namespace {

// Parts of an expression that are no expression themselves: lists, WHEN branches, windows.
bool is_expression(const ast::Node& node) {
    switch (node.node_case) {
        case PG_QUERY__NODE__NODE_LIST:
        case PG_QUERY__NODE__NODE_CASE_WHEN:
        case PG_QUERY__NODE__NODE_SORT_BY:
        case PG_QUERY__NODE__NODE_WINDOW_DEF:
        case PG_QUERY__NODE__NODE_A_STAR:
        case PG_QUERY__NODE__NODE_A_INDICES:
        case PG_QUERY__NODE__NODE_TYPE_NAME:
        case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
        case PG_QUERY__NODE__NODE_RES_TARGET:
            return false;
        default:
            return true;
    }
}

// Of GROUPING SETS, ROLLUP, CUBE, and of (a, b), which is a, b.
std::optional<ast::Nodes> parts_of(ast::Node& item) {
    if (auto* sets = ast::as<ast::GroupingSet>(&item)) return TIDEWHEEL_NODES(*sets, content);
    auto* row = ast::as<ast::Row>(&item);
    if (row && row->row_format == PG_QUERY__COERCION_FORM__COERCE_IMPLICIT_CAST)
        return TIDEWHEEL_NODES(*row, args);
    return std::nullopt;
}

}  // namespace

void ViewKeys::take() {
    for (ast::Node* item : TIDEWHEEL_NODES(select_, group_clause))
        add_key(item);
}

bool ViewKeys::replace(ast::Node& expression) const {
    if (columns_.empty() || !is_expression(expression)) return false;
    const auto key = columns_.find(identity_.canonical(expression));
    if (key == columns_.end()) return false;
    expression = *tree_.expression(key->second);
    return true;
}

void ViewKeys::add_key(ast::Node* item) {
    if (ast::as<ast::GroupingSet>(item)) has_sets_ = true;
    if (const auto parts = parts_of(*item)) {
        for (ast::Node* part : *parts)
            add_key(part);
        return;
    }
    ast::Node* expression = resolve_key(item);
    if (!expression || refuse_aggregate_key(*expression) || refuse_constant_key(*expression))
        return;
    const std::string column = fmt::format("k{}", view_.keys.size() + 1);
    if (columns_.emplace(identity_.canonical(*expression), column).second) {
        view_.keys.push_back({column, identity_.text(*expression)});
    }
}

void ViewKeys::point_at_state(ast::Node& item) {
    if (const auto parts = parts_of(item)) {
        for (ast::Node* part : *parts)
            point_at_state(*part);
        return;
    }
    item = *tree_.expression(columns_.at(identity_.canonical(*resolve_key(&item))));
}

// GROUP BY 1, GROUP BY hour: PostgreSQL takes a number for a place in the SELECT list, and a
// name for an input column first, for an output column then.
ast::Node* ViewKeys::resolve_key(ast::Node* item) {
    if (auto* constant = ast::as<ast::Constant>(item)) return resolve_ordinal(*constant);
    auto* reference = ast::as<ast::ColumnRef>(item);
    if (!reference || reference->n_fields != 1) return item;
    const std::string name = ast::last_string(TIDEWHEEL_NODES(*reference, fields));
    if (has_column(*stream_reference_.stream, name)) return item;
    for (ast::Node* node : TIDEWHEEL_NODES(select_, target_list)) {
        auto* target = ast::as<ast::Target>(node);
        if (name == target->name) return resolve_alias(item, *target);
    }
    return item;
}

ast::Node* ViewKeys::resolve_ordinal(const ast::Constant& constant) {
    const bool is_number = constant.val_case == PG_QUERY__A__CONST__VAL_IVAL && !constant.isnull;
    const int place = is_number ? constant.ival->ival : 0;
    if (place < 1 || static_cast<std::size_t>(place) > select_.n_target_list) {
        refusals_.add(constant.location,
                      is_number
                          ? fmt::format("GROUP BY position {} is not in the SELECT list", place)
                          : std::string("a constant in GROUP BY is not supported"),
                      "Group by a column, an expression or a position in the SELECT list.");
        return nullptr;
    }
    return ast::as<ast::Target>(select_.target_list[place - 1])->val;
}

// The name might also be a column of a joined table, which only PostgreSQL knows.
ast::Node* ViewKeys::resolve_alias(ast::Node* item, const ast::Target& target) {
    auto* same = ast::as<ast::ColumnRef>(target.val);
    if (same && ast::last_string(TIDEWHEEL_NODES(*same, fields)) == target.name) return item;
    const bool reads_others =
        select_.n_from_clause > 1 ||
        ast::as<ast::RangeVar>(select_.from_clause[0]) != stream_reference_.place;
    if (reads_others) {
        refusals_.add(
            ast::location(item->base),
            fmt::format("GROUP BY {} is ambiguous: a column of a joined table, or the one "
                        "in the SELECT list",
                        target.name),
            "Write the expression, or its position in the SELECT list.");
    }
    return target.val;
}

bool ViewKeys::refuse_aggregate_key(ast::Node& expression) {
    const bool found = contains_aggregate(expression.base);
    if (found) {
        refusals_.add(ast::location(expression.base), "an aggregate is not allowed in GROUP BY");
    }
    return found;
}

// PostgreSQL takes a constant in GROUPING SETS, where views that share a pass have their keys,
// for a position.
bool ViewKeys::refuse_constant_key(ast::Node& expression) {
    const bool is_refused = is_constant(expression);
    if (is_refused) {
        refusals_.add(ast::location(expression.base), "a constant is not supported as a group key",
                      "Leave it out of GROUP BY; it may stay in the SELECT list.");
    }
    return is_refused;
}

}  // namespace tidewheel::sql
