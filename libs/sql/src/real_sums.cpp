#include "real_sums.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"

// Aggregates over real whose sum PostgreSQL takes in double precision: avg(). Its sum(), which a
// view keeps in their place, would be of real.
namespace tidewheel::sql {
namespace {

const ast::RangeVar* find_place(ast::Select& select, const Stream& stream) {
    const ast::RangeVar* place = nullptr;
    for (ast::Node* item : TIDEWHEEL_NODES(select, from_clause))
        ast::walk(*ast::content(item), [&](ast::Message& message) {
            const auto* range = ast::as<ast::RangeVar>(&message);
            if (range && relation_name(*range) == stream.name) place = range;
            return !place;
        });
    return place;
}

bool widens(const ast::FunctionCall& call) {
    const Aggregate* aggregate = find_aggregate(builtin_name(call));
    return aggregate && call.n_args == 1 &&
           std::ranges::any_of(aggregate->partials, &PartialState::widens_real);
}

// In the order of the text: those that decompose() doesn't widen by itself.
std::vector<ast::FunctionCall*> widening_calls(ast::Select& select, const Stream& stream) {
    std::vector<ast::FunctionCall*> calls;
    const ast::RangeVar* place = find_place(select, stream);
    const auto collect = [&](ast::Message& message) {
        auto* call = ast::as<ast::FunctionCall>(&message);
        if (!call || !widens(*call)) return true;
        if (!place || !is_real_column(*call->args[0], stream, *place)) calls.push_back(call);
        return false;
    };
    for (ast::Node* target : TIDEWHEEL_NODES(select, target_list))
        ast::walk(target->base, collect);
    if (select.having_clause) ast::walk(select.having_clause->base, collect);
    return calls;
}

ast::Select& select_of(ast::Tree& tree) {
    return *ast::as<ast::Select>(tree.statement_as<ast::CreateTableAs>()->query);
}

}  // namespace

bool is_real_column(const ast::Node& expression, const Stream& stream, const ast::RangeVar& place) {
    const auto* reference = ast::as<ast::ColumnRef>(&expression);
    if (!reference) return false;
    const auto parts = ast::strings(TIDEWHEEL_NODES(*reference, fields));
    if (parts.size() > 1 && parts[parts.size() - 2] != alias_of(place)) return false;
    return std::ranges::any_of(stream.columns, [&](const auto& column) {
        return column.name == parts.back() && (column.type == "real" || column.type == "float4");
    });
}

std::string sums_query(std::string_view view, const Stream& stream) {
    ast::Tree tree{std::string(view)};
    ast::Select& select = select_of(tree);
    std::string list;
    int number = 0;
    for (const ast::FunctionCall* call : widening_calls(select, stream))
        list += fmt::format("{}sum({}) AS sum{}", list.empty() ? "SELECT " : ", ",
                            ast::deparse_expression(*call->args[0]), ++number);
    if (list.empty()) return "";
    return list + " FROM " + ast::deparse_from(TIDEWHEEL_NODES(select, from_clause));
}

std::string with_wide_sums(std::string_view view, const Stream& stream,
                           const std::vector<bool>& is_real) {
    ast::Tree tree{std::string(view)};
    const auto calls = widening_calls(select_of(tree), stream);
    for (std::size_t i = 0; i < calls.size(); ++i)
        if (is_real.at(i))
            calls[i]->args[0] = tree.expression("(" + ast::deparse_expression(*calls[i]->args[0]) +
                                                ")::double precision");
    return ast::deparse(tree.statement());
}

}  // namespace tidewheel::sql
