#include "merge_keys.hpp"

#include <algorithm>
#include <optional>

#include "deparse.hpp"

namespace tidewheel::sql {
namespace {

void add_conjuncts(ast::Node* condition, std::vector<ast::Node*>& all) {
    auto* both = ast::as<ast::BoolExpr>(condition);
    if (!both || both->boolop != PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR)
        return all.push_back(condition);
    for (ast::Node* each : TIDEWHEEL_NODES(*both, args))
        add_conjuncts(each, all);
}

bool is_equality(const ast::Operator& op) {
    const auto name = ast::strings(TIDEWHEEL_NODES(op, name));
    return op.kind == PG_QUERY__A__EXPR__KIND__AEXPR_OP && !name.empty() && name.back() == "=" &&
           (name.size() == 1 || name.front() == "pg_catalog");
}

// `alias.column`, perhaps converted.
std::optional<MergeKey> column_of(ast::Node* side, const std::string& alias) {
    MergeKey key;
    if (auto* cast = ast::as<ast::TypeCast>(side)) {
        key.converted_to = ast::deparse_type(*cast->type_name);
        side = cast->arg;
    }
    auto* reference = ast::as<ast::ColumnRef>(side);
    if (!reference) return std::nullopt;
    const auto parts = ast::strings(TIDEWHEEL_NODES(*reference, fields));
    if (reference->n_fields != 2 || parts.size() != 2 || parts[0] != alias) return std::nullopt;
    key.column = parts[1];
    return key;
}

bool is_only_of(ast::Node& expression, const std::string& alias) {
    bool only = true;
    ast::walk(expression.base, [&](ast::Message& message) {
        auto* reference = ast::as<ast::ColumnRef>(&message);
        if (!reference) return true;
        const auto* first = ast::as<ast::String>(reference->fields[0]);
        only = only && reference->n_fields > 1 && first && alias == first->sval;
        return true;
    });
    return only;
}

bool equal_nodes(ast::Node* left, ast::Node* right) {
    return left && right && ast::equal(left->base, right->base);
}

// The same value, for a column: assigning it converts in the way in which ON does.
bool is_same_value(ast::Node* value, ast::Node* compared) {
    if (equal_nodes(value, compared)) return true;
    auto* cast = ast::as<ast::TypeCast>(compared);
    return cast && cast->type_name->n_typmods == 0 && equal_nodes(value, cast->arg);
}

bool keeps(const ast::MergeWhen& clause, const std::string& column, ast::Node* compared) {
    const auto targets = TIDEWHEEL_NODES(clause, target_list);
    const auto found = std::ranges::find_if(
        targets, [&](ast::Node* each) { return column == ast::as<ast::Target>(each)->name; });
    if (clause.command_type == PG_QUERY__CMD_TYPE__CMD_UPDATE)
        return found == targets.end() || is_same_value(ast::as<ast::Target>(*found)->val, compared);
    if (clause.command_type != PG_QUERY__CMD_TYPE__CMD_INSERT) return true;
    const auto place = static_cast<std::size_t>(found - targets.begin());
    return found != targets.end() && place < clause.n_values &&
           is_same_value(clause.values[place], compared);
}

}  // namespace

std::vector<MergeKey> merge_keys(ast::Merge& merge, const std::string& target,
                                 const std::string& source) {
    std::vector<ast::Node*> conjuncts;
    add_conjuncts(merge.join_condition, conjuncts);
    std::vector<MergeKey> keys;
    for (ast::Node* each : conjuncts) {
        auto* op = ast::as<ast::Operator>(each);
        if (!op || !is_equality(*op)) continue;
        for (const auto& [left, right] :
             {std::pair(op->lexpr, op->rexpr), {op->rexpr, op->lexpr}}) {
            auto key = column_of(left, target);
            if (!key || !is_only_of(*right, source)) continue;
            key->expression = ast::deparse_expression(*right);
            key->is_kept = std::ranges::all_of(
                TIDEWHEEL_NODES(merge, merge_when_clauses), [&](ast::Node* clause) {
                    return keeps(*ast::as<ast::MergeWhen>(clause), key->column, right);
                });
            keys.push_back(*std::move(key));
            break;
        }
    }
    return keys;
}

std::vector<std::string> inserted_columns(ast::Merge& merge) {
    std::optional<std::vector<std::string>> all;
    for (ast::Node* node : TIDEWHEEL_NODES(merge, merge_when_clauses)) {
        const auto& clause = *ast::as<ast::MergeWhen>(node);
        if (clause.command_type != PG_QUERY__CMD_TYPE__CMD_INSERT) continue;
        std::vector<std::string> names;
        for (std::size_t i = 0; i < std::min(clause.n_target_list, clause.n_values); ++i)
            if (clause.values[i]->node_case != PG_QUERY__NODE__NODE_SET_TO_DEFAULT)
                names.emplace_back(ast::as<ast::Target>(clause.target_list[i])->name);
        if (all)
            std::erase_if(*all, [&](const std::string& name) {
                return std::ranges::find(names, name) == names.end();
            });
        else
            all = std::move(names);
    }
    return std::move(all).value_or(std::vector<std::string>{});
}

}  // namespace tidewheel::sql
