#include "expression_reader.hpp"

#include <array>
#include <utility>

#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"

namespace tidewheel::sql {
namespace {

using engine::Expression;
using engine::Unsupported;
using Node = engine::Expression::Node;
using Arguments = std::vector<Expression>;

Expression make(Node node, Arguments arguments, std::string name = {}) {
    Expression expression;
    expression.node = node;
    expression.type.kind = engine::Kind::other;
    expression.name = std::move(name);
    expression.arguments = std::move(arguments);
    return expression;
}

Expression make_constant(std::optional<std::string> text, std::string type) {
    Expression expression = make(Node::constant, {});
    expression.constant = std::move(text);
    expression.type.sql = std::move(type);
    return expression;
}

Expression make_cast(Expression value, std::string type) {
    Expression expression = make(Node::cast, {std::move(value)});
    expression.type.sql = std::move(type);
    return expression;
}

Expression make_negation(Expression value) {
    return make(Node::negation, {std::move(value)});
}

// What no tree can hold, in words for people.
std::string words_for(const ast::Node& node) {
    switch (node.node_case) {
        case PG_QUERY__NODE__NODE_SUB_LINK:
            return "sub-select";
        case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
            return "array";
        case PG_QUERY__NODE__NODE_A_INDIRECTION:
            return "element or field of a value";
        case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
            return "COLLATE";
        case PG_QUERY__NODE__NODE_ROW_EXPR:
            return "row";
        case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
            return "argument by its name";
        default:
            return std::string(ast::type_of(*ast::content(&node)));
    }
}

// The operator's name; only PostgreSQL's own has no schema, or its.
std::string operator_name(const ast::Operator& operation) {
    const auto parts = ast::strings(TIDEWHEEL_NODES(operation, name));
    if (parts.size() > 1 && parts.front() != "pg_catalog")
        throw Unsupported{"operator " + dotted(TIDEWHEEL_NODES(operation, name))};
    return parts.back();
}

std::string function_called(const ast::FunctionCall& call) {
    const std::string name = dotted(TIDEWHEEL_NODES(call, funcname));
    if (call.over) throw Unsupported{"window function " + name};
    if (call.agg_star || call.agg_distinct || call.agg_within_group || call.agg_filter ||
        call.n_agg_order > 0)
        throw Unsupported{"aggregate " + name};
    if (call.func_variadic || builtin_name(call).empty()) throw Unsupported{"function " + name};
    return builtin_name(call);
}

ast::TypeName without_modifiers(const ast::TypeName& type) {
    ast::TypeName plain = type;
    plain.n_typmods = 0;
    return plain;
}

ast::TypeName element_of(const ast::TypeName& type) {
    ast::TypeName element = type;
    element.n_array_bounds = 0;
    return element;
}

Expression read_constant(const ast::Constant& constant) {
    if (constant.isnull) return make_constant(std::nullopt, "");
    switch (constant.val_case) {
        case PG_QUERY__A__CONST__VAL_IVAL:
            return make_constant(std::to_string(constant.ival->ival), "int");
        case PG_QUERY__A__CONST__VAL_FVAL:
            return make_constant(constant.fval->fval, "numeric");
        case PG_QUERY__A__CONST__VAL_BOOLVAL:
            return make_constant(constant.boolval->boolval ? "true" : "false", "boolean");
        case PG_QUERY__A__CONST__VAL_SVAL:
            return make_constant(constant.sval->sval, "");
        default:
            throw Unsupported{"bit string"};
    }
}

Expression read_now(ast::Message& call) {
    Expression time = make(Node::record_time, {});
    const std::string type = type_of_now(call);
    return type == "timestamptz" ? time : make_cast(std::move(time), type);
}

}  // namespace

Expression ExpressionReader::read(ast::Node* node) const {
    ast::Message* inner = ast::content(node);
    if (!inner) throw Unsupported{"nothing"};
    if (is_now(*inner)) return read_now(*inner);
    if (const auto* each = ast::as<ast::ColumnRef>(inner)) return read_column(*each);
    if (const auto* each = ast::as<ast::Constant>(inner)) return read_constant(*each);
    if (const auto* each = ast::as<ast::TypeCast>(inner)) return read_cast(*each);
    if (const auto* each = ast::as<ast::FunctionCall>(inner))
        return make(Node::call, read_all(TIDEWHEEL_NODES(*each, args)), function_called(*each));
    if (const auto* each = ast::as<ast::Operator>(inner)) return read_operator(*each);
    if (const auto* each = ast::as<ast::BoolExpr>(inner)) return read_logic(*each);
    if (const auto* each = ast::as<ast::NullTest>(inner)) return read_null_test(*each);
    if (const auto* each = ast::as<ast::BooleanTest>(inner)) return read_boolean_test(*each);
    if (const auto* each = ast::as<ast::Case>(inner)) return read_case(*each);
    if (const auto* each = ast::as<ast::Coalesce>(inner))
        return make(Node::coalesce, read_all(TIDEWHEEL_NODES(*each, args)));
    if (const auto* each = ast::as<ast::MinMax>(inner))
        return make(Node::call, read_all(TIDEWHEEL_NODES(*each, args)),
                    each->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least");
    if (ast::as<ast::ValueFunction>(inner)) throw Unsupported{"function " + function_name(*inner)};
    throw Unsupported{words_for(*node)};
}

Arguments ExpressionReader::read_all(ast::Nodes nodes) const {
    Arguments arguments;
    for (ast::Node* node : nodes)
        arguments.push_back(read(node));
    return arguments;
}

Expression ExpressionReader::read_column(const ast::ColumnRef& reference) const {
    const auto parts = ast::strings(TIDEWHEEL_NODES(reference, fields));
    if (parts.size() != reference.n_fields) throw Unsupported{"the whole row"};
    const int column = stream_.find(parts.back());
    if (column < 0 || parts.size() > 2 || (parts.size() == 2 && parts.front() != alias_))
        throw Unsupported{"column " + dotted(TIDEWHEEL_NODES(reference, fields))};
    Expression expression = make(Node::column, {});
    expression.column = static_cast<std::size_t>(column);
    return expression;
}

// 'a'::varchar(2) is the constant 'a', cut: its text is that of the type without modifiers.
Expression ExpressionReader::read_cast(const ast::TypeCast& cast) const {
    ast::TypeName& type = *cast.type_name;
    const std::string sql = ast::deparse_type(type);
    Expression value = read(cast.arg);
    if (value.node != Node::constant || !ast::as<ast::Constant>(cast.arg))
        return make_cast(std::move(value), sql);
    if (!value.constant || value.type.sql == sql) return make_constant(value.constant, sql);
    if (!value.type.sql.empty()) return make_cast(std::move(value), sql);
    if (type.n_typmods == 0) return make_constant(value.constant, sql);
    ast::TypeName plain = without_modifiers(type);
    return make_cast(make_constant(value.constant, ast::deparse_type(plain)), sql);
}

Expression ExpressionReader::read_operator(const ast::Operator& operation) const {
    const std::string name = operator_name(operation);
    switch (operation.kind) {
        case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
        case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
        case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
            if (!operation.lexpr) return make(Node::call, {read(operation.rexpr)}, name);
            return make(Node::call, read_sides(operation), name);
        case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
            return make(Node::distinct, read_sides(operation));
        case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
            return make_negation(make(Node::distinct, read_sides(operation)));
        case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF:
            return make(Node::nullif, read_sides(operation));
        case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
            if (name == "=") return read_one_of(operation);
            throw Unsupported{name + " ANY"};
        case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL:
            if (name == "<>") return make_negation(read_one_of(operation));
            throw Unsupported{name + " ALL"};
        default:
            throw Unsupported{"operator " + name};
    }
}

Arguments ExpressionReader::read_sides(const ast::Operator& operation) const {
    return {read(operation.lexpr), read(operation.rexpr)};
}

// A cast of the array is one of each element.
Expression ExpressionReader::read_one_of(const ast::Operator& operation) const {
    Arguments arguments = {read(operation.lexpr)};
    const auto* cast = ast::as<ast::TypeCast>(operation.rexpr);
    const auto* array = ast::as<ast::Array>(cast ? cast->arg : operation.rexpr);
    if (!array || array->n_elements == 0 || (cast && cast->type_name->n_array_bounds != 1))
        throw Unsupported{"ANY or ALL of other than a list"};
    for (ast::Node* node : TIDEWHEEL_NODES(*array, elements)) {
        Expression element = read(node);
        if (cast) {
            ast::TypeName type = element_of(*cast->type_name);
            element = make_cast(std::move(element), ast::deparse_type(type));
        }
        arguments.push_back(std::move(element));
    }
    return make(Node::one_of, std::move(arguments));
}

Expression ExpressionReader::read_logic(const ast::BoolExpr& expression) const {
    Arguments arguments = read_all(TIDEWHEEL_NODES(expression, args));
    if (expression.boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR)
        return make(Node::negation, std::move(arguments));
    return make(
        expression.boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? Node::all_of : Node::any_of,
        std::move(arguments));
}

Expression ExpressionReader::read_null_test(const ast::NullTest& test) const {
    const bool is_null = test.nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL;
    return make(Node::test, {read(test.arg)}, is_null ? "is null" : "is not null");
}

Expression ExpressionReader::read_boolean_test(const ast::BooleanTest& test) const {
    static constexpr std::array names = {"is true",      "is not true", "is false",
                                         "is not false", "is unknown",  "is not unknown"};
    const auto which = test.booltesttype - PG_QUERY__BOOL_TEST_TYPE__IS_TRUE;
    return make(Node::test, {read(test.arg)}, names.at(static_cast<std::size_t>(which)));
}

// CASE a WHEN b THEN … is CASE WHEN a = b THEN …
Expression ExpressionReader::read_case(const ast::Case& expression) const {
    Arguments arguments;
    for (ast::Node* node : TIDEWHEEL_NODES(expression, args)) {
        const auto* branch = ast::as<ast::CaseBranch>(node);
        Expression condition = read(branch->expr);
        if (expression.arg)
            condition = make(Node::call, {read(expression.arg), std::move(condition)}, "=");
        arguments.push_back(std::move(condition));
        arguments.push_back(read(branch->result));
    }
    arguments.push_back(expression.defresult ? read(expression.defresult)
                                             : make_constant(std::nullopt, ""));
    return make(Node::choose, std::move(arguments));
}

}  // namespace tidewheel::sql
