#include "route_values.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "deparse.hpp"
#include "names.hpp"

namespace tidewheel::sql {
namespace {

using Values = std::vector<std::string>;

// Types whose equal values are written in one way only, so that a value's text tells its partition.
bool is_exact(const std::string& type) {
    static constexpr std::array exact = {"text",     "varchar",          "int",  "int4",
                                         "integer",  "bigint",           "int8", "int2",
                                         "smallint", "character varying"};
    const std::string base = type.substr(0, type.find('('));
    return std::find(exact.begin(), exact.end(), base) != exact.end();
}

// PostgreSQL writes out how it compares varchar and arrays of it: (kind)::text, (ARRAY[…])::text[].
const ast::Node* without_casts(const ast::Node* node) {
    while (auto* cast = ast::as<ast::TypeCast>(node)) {
        std::string type = ast::deparse_type(*cast->type_name);
        if (type.ends_with("[]")) type.resize(type.size() - 2);
        if (!is_exact(type) || type.find('(') != std::string::npos) break;
        node = cast->arg;
    }
    return node;
}

bool is_route_column(const ast::Node* node, const StreamReference& stream_reference) {
    node = without_casts(node);
    auto* reference = ast::as<ast::ColumnRef>(node);
    if (!reference) return false;
    const auto name = ast::strings(TIDEWHEEL_NODES(*reference, fields));
    if (name.empty() || name.back() != stream_reference.stream->route) return false;
    return name.size() == 1 || name[name.size() - 2] == alias_of(*stream_reference.place);
}

std::optional<std::string> constant(const ast::Node* node) {
    if (auto* cast = ast::as<ast::TypeCast>(node)) {
        return is_exact(ast::deparse_type(*cast->type_name)) ? constant(cast->arg) : std::nullopt;
    }
    auto* value = ast::as<ast::Constant>(node);
    if (!value || value->isnull) return std::nullopt;
    if (value->val_case == PG_QUERY__A__CONST__VAL_SVAL) return value->sval->sval;
    if (value->val_case == PG_QUERY__A__CONST__VAL_IVAL) return std::to_string(value->ival->ival);
    return std::nullopt;
}

std::optional<Values> constants(ast::Nodes nodes) {
    Values values;
    for (ast::Node* node : nodes) {
        const auto value = constant(node);
        if (!value) return std::nullopt;
        values.push_back(*value);
    }
    return values;
}

std::optional<Values> one_of(const std::optional<std::string>& value) {
    return value ? std::optional(Values{*value}) : std::nullopt;
}

// route = 'x', 'x' = route, route IN (…), route = ANY (ARRAY[…])
std::optional<Values> pinned_by(const ast::Node* condition,
                                const StreamReference& stream_reference) {
    auto* test = ast::as<ast::Operator>(condition);
    if (!test || ast::strings(TIDEWHEEL_NODES(*test, name)) != Values{"="}) return std::nullopt;
    const bool is_left = is_route_column(test->lexpr, stream_reference);
    if (test->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP) {
        if (is_left) return one_of(constant(test->rexpr));
        if (is_route_column(test->rexpr, stream_reference)) return one_of(constant(test->lexpr));
    }
    auto* list = ast::as<ast::List>(test->rexpr);
    if (is_left && list && test->kind == PG_QUERY__A__EXPR__KIND__AEXPR_IN) {
        return constants(TIDEWHEEL_NODES(*list, items));
    }
    auto* array = ast::as<ast::Array>(without_casts(test->rexpr));
    if (is_left && array && test->kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY) {
        return constants(TIDEWHEEL_NODES(*array, elements));
    }
    return std::nullopt;
}

void intersect(std::optional<Values>& pinned, Values values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (!pinned) {
        pinned = std::move(values);
        return;
    }
    std::erase_if(*pinned, [&](const std::string& value) {
        return !std::binary_search(values.begin(), values.end(), value);
    });
}

void pin(const ast::Node* condition, const StreamReference& stream_reference,
         std::optional<Values>& pinned) {
    auto* both = ast::as<ast::BoolExpr>(condition);
    if (both && both->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        for (ast::Node* part : TIDEWHEEL_NODES(*both, args))
            pin(part, stream_reference, pinned);
    } else if (auto values = pinned_by(condition, stream_reference)) {
        intersect(pinned, std::move(*values));
    }
}

bool can_pin(const StreamReference& stream_reference) {
    const auto& columns = stream_reference.stream->columns;
    const auto route = std::find_if(
        columns.begin(), columns.end(),
        [&](const StreamColumn& column) { return column.name == stream_reference.stream->route; });
    const bool renames =
        stream_reference.place->alias && stream_reference.place->alias->n_colnames > 0;
    return route != columns.end() && is_exact(route->type) && !renames && stream_reference.level;
}

}  // namespace

std::optional<Values> route_values(const StreamReference& stream_reference) {
    std::optional<Values> pinned;
    if (can_pin(stream_reference) && stream_reference.level->where_clause) {
        pin(stream_reference.level->where_clause, stream_reference, pinned);
    }
    return pinned;
}

std::vector<int> partitions_read(const Statement& statement, const Stream& stream) {
    std::vector<int> all(static_cast<std::size_t>(stream.partitions));
    std::iota(all.begin(), all.end(), 0);
    if (!statement.route_values) return all;
    std::set<int> read;
    for (const auto& value : *statement.route_values) {
        const auto rule =
            std::find_if(stream.rules.begin(), stream.rules.end(),
                         [&](const engine::Route::Rule& each) { return each.value == value; });
        if (rule == stream.rules.end()) return all;
        read.insert(rule->partitions.begin(), rule->partitions.end());
    }
    return {read.begin(), read.end()};
}

}  // namespace tidewheel::sql
