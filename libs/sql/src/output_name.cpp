#include "output_name.hpp"

#include "functions.hpp"

namespace tidewheel::sql {
namespace {

// A name, and how much it is worth: the outer of two nested ones wins only when it is as strong.
struct Figured {
    std::string name;
    int strength = 0;
};

Figured figure(const ast::Node* node);

std::string last_name(ast::Nodes nodes) {
    std::string name;
    for (ast::Node* node : nodes) {
        if (auto* string = ast::as<ast::String>(node)) name = string->sval;
    }
    return name;
}

Figured figure_cast(const ast::TypeCast& cast) {
    Figured inner = figure(cast.arg);
    if (inner.strength > 1) return inner;
    return {ast::last_string(TIDEWHEEL_NODES(*cast.type_name, names)), 1};
}

Figured figure_case(const PgQuery__CaseExpr& expression) {
    Figured inner = figure(expression.defresult);
    return inner.strength > 1 ? inner : Figured{"case", 1};
}

Figured figure_sub_link(const ast::SubLink& link) {
    if (link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK) return {"exists", 2};
    if (link.sub_link_type == PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK) return {"array", 2};
    if (link.sub_link_type != PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK) return {};
    auto* select = ast::as<ast::Select>(link.subselect);
    while (select && select->op != PG_QUERY__SET_OPERATION__SETOP_NONE)
        select = select->larg;
    if (!select || select->n_target_list == 0) return {};
    auto* target = ast::as<ast::Target>(select->target_list[0]);
    return *target->name ? Figured{target->name, 2} : figure(target->val);
}

Figured figure_indirection(const PgQuery__AIndirection& indirection) {
    const std::string field = last_name(TIDEWHEEL_NODES(indirection, indirection));
    return field.empty() ? figure(indirection.arg) : Figured{field, 2};
}

Figured figure_operator(const ast::Operator& expression) {
    if (expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF) return {"nullif", 2};
    return {};
}

Figured figure(const ast::Node* node) {
    if (!node) return {};
    switch (node->node_case) {
        case PG_QUERY__NODE__NODE_COLUMN_REF:
            return {last_name(TIDEWHEEL_NODES(*node->column_ref, fields)), 2};
        case PG_QUERY__NODE__NODE_A_INDIRECTION:
            return figure_indirection(*node->a_indirection);
        case PG_QUERY__NODE__NODE_FUNC_CALL:
            return {ast::last_string(TIDEWHEEL_NODES(*node->func_call, funcname)), 2};
        case PG_QUERY__NODE__NODE_A_EXPR:
            return figure_operator(*node->a_expr);
        case PG_QUERY__NODE__NODE_TYPE_CAST:
            return figure_cast(*node->type_cast);
        case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
            return figure(node->collate_clause->arg);
        case PG_QUERY__NODE__NODE_GROUPING_FUNC:
            return {"grouping", 2};
        case PG_QUERY__NODE__NODE_SUB_LINK:
            return figure_sub_link(*node->sub_link);
        case PG_QUERY__NODE__NODE_CASE_EXPR:
            return figure_case(*node->case_expr);
        case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
            return {"array", 2};
        case PG_QUERY__NODE__NODE_ROW_EXPR:
            return {"row", 2};
        case PG_QUERY__NODE__NODE_COALESCE_EXPR:
            return {"coalesce", 2};
        case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
            return {
                node->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least",
                2};
        case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
            return {function_name(*ast::content(node)), 2};
        default:
            return {};
    }
}

}  // namespace

std::string output_name(const ast::Node& expression) {
    const Figured figured = figure(&expression);
    return figured.name.empty() ? "?column?" : figured.name;
}

}  // namespace tidewheel::sql
