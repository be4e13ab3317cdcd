#include "view_partials.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include "aggregate_hints.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "real_sums.hpp"

namespace tidewheel::sql {

void ViewPartials::replace(ast::Node& aggregate) {
    const auto* call = ast::as<ast::FunctionCall>(&aggregate);
    const std::string name = call ? builtin_name(*call) : "";
    const Aggregate* kept = find_aggregate(name);
    if (!call || !kept) {
        refuse(aggregate, fmt::format("the aggregate {}", function_name(*ast::content(&aggregate))),
               hint_for_aggregate(name));
        if (call) mention(*call, refusals_);
        return;
    }
    if (is_refused(aggregate, *call, name)) return;
    fmt::dynamic_format_arg_store<fmt::format_context> columns;
    for (const PartialState& state : kept->partials)
        columns.push_back(column_of(state, *call));
    std::string finish = fmt::vformat(kept->finish, columns);
    if (view_.keys.empty() && !kept->of_no_rows.empty())
        finish = fmt::format("COALESCE({}, {})", finish, kept->of_no_rows);
    aggregate = *tree_.expression(finish);
}

void ViewPartials::count_rows_if_empty() {
    if (view_.partials.empty())
        view_.partials.push_back({"a1", "count(*)", Merge::add, {"count", "", ""}});
}

bool ViewPartials::is_refused(ast::Node& aggregate, const ast::FunctionCall& call,
                              const std::string& name) {
    if (call.agg_distinct)
        refuse(aggregate, name + "(DISTINCT …)", hint_for_distinct(name));
    else if (call.n_agg_order > 0)
        refuse(aggregate, fmt::format("ORDER BY in {}()", name),
               "Leave it out: it makes no difference to the result.");
    else if (call.agg_within_group)
        refuse(aggregate, "WITHIN GROUP", name + "() takes its values in parentheses.");
    else if (call.agg_star ? name != "count" : call.n_args != 1)
        refuse(aggregate, fmt::format("{}() of other than one value", name),
               name + "() takes one value in parentheses.");
    else
        return false;
    return true;
}

void ViewPartials::refuse(ast::Node& aggregate, const std::string& what, const std::string& hint) {
    refusals_.add(ast::location(aggregate.base), what + " is not supported in a continuous view",
                  hint);
}

std::string ViewPartials::column_of(const PartialState& state, const ast::FunctionCall& call) {
    std::string argument = argument_of(call);
    if (state.widens_real &&
        is_real_column(*call.args[0], *stream_reference_.stream, *stream_reference_.place))
        argument += "::double precision";
    ast::Node* partial =
        tree_.expression(fmt::vformat(state.call, fmt::make_format_args(argument)));
    auto* partial_call = ast::as<ast::FunctionCall>(partial);
    partial_call->agg_filter = call.agg_filter;
    const auto [found, is_new] = columns_.try_emplace(
        identity_.canonical(*partial), fmt::format("a{}", view_.partials.size() + 1));
    if (is_new)
        view_.partials.push_back(
            {found->second, identity_.text(*partial), state.merge, take_apart(*partial_call)});
    return found->second;
}

std::string ViewPartials::argument_of(const ast::FunctionCall& call) const {
    return call.agg_star ? "*" : ast::deparse_expression(*call.args[0]);
}

AggregateCall ViewPartials::take_apart(const ast::FunctionCall& call) {
    const bool is_more = call.agg_distinct || call.n_agg_order > 0 || call.agg_within_group ||
                         call.over || call.func_variadic;
    if (is_more || (call.agg_star ? call.n_args != 0 : call.n_args != 1)) return {};
    return {builtin_name(call), call.agg_star ? "" : identity_.text(*call.args[0]),
            call.agg_filter ? identity_.text(*call.agg_filter) : ""};
}

}  // namespace tidewheel::sql
