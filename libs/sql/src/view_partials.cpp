#include "view_partials.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include "deparse.hpp"
#include "float_arguments.hpp"
#include "functions.hpp"

namespace tidewheel::sql {
namespace {

const StateForm& form_of_call(const Aggregate& aggregate, const ast::FunctionCall& call) {
    const bool is_float = !aggregate.float_form.partials.empty() && is_float_cast(*call.args[0]);
    return is_float ? aggregate.float_form : aggregate.form;
}

std::string hint_for(std::string_view name) {
    if (name == "any_value") return "Write min(…): it is one of the values.";
    return "Write array_agg(…), json_agg(…) or json_object_agg(…).";
}

}  // namespace

void ViewPartials::replace(ast::Node& aggregate, bool over_groups) {
    const auto* call = ast::as<ast::FunctionCall>(&aggregate);
    const std::string name = call ? builtin_name(*call) : "";
    const Aggregate* kept = find_aggregate(name);
    if (ast::as<ast::Grouping>(&aggregate))
        return refuse(aggregate, "GROUPING() without GROUPING SETS, ROLLUP or CUBE",
                      "Leave it out: it is 0.");
    if (!call || !kept) {
        refuse(aggregate, fmt::format("the aggregate {}", function_name(*ast::content(&aggregate))),
               hint_for(name));
        if (call) mention(*call, refusals_);
        return;
    }
    if (is_refused(aggregate, *call, *kept)) return;
    const StateForm& form = form_of_call(*kept, *call);
    fmt::dynamic_format_arg_store<fmt::format_context> columns;
    for (const PartialState& state : form.partials) {
        const std::string column = column_of(state, *call);
        columns.push_back(
            over_groups ? fmt::format("{}({})", form_of(state.merge).over_groups, column) : column);
    }
    std::string finish = fmt::vformat(form.finish, columns);
    if ((over_groups || view_.keys.empty()) && !kept->of_no_rows.empty())
        finish = fmt::format("COALESCE({}, {})", finish, kept->of_no_rows);
    aggregate = *tree_.expression(finish);
}

void ViewPartials::count_rows_if_empty() {
    if (view_.partials.empty())
        view_.partials.push_back({"a1", "count(*)", Merge::add, {"count", "", ""}});
}

bool ViewPartials::is_refused(ast::Node& aggregate, const ast::FunctionCall& call,
                              const Aggregate& kept) {
    const std::string name(kept.name), values = kept.arguments == 1 ? "one value" : "two values";
    if (call.n_agg_order > 0)
        refuse(aggregate, fmt::format("ORDER BY in {}()", name),
               "Leave it out: it makes no difference to the result.");
    else if (call.agg_within_group)
        refuse(aggregate, "WITHIN GROUP", name + "() takes its values in parentheses.");
    else if (call.agg_star ? name != "count" : int(call.n_args) != kept.arguments)
        refuse(aggregate, fmt::format("{}() of other than {}", name, values),
               fmt::format("{}() takes {} in parentheses.", name, values));
    else
        return false;
    return true;
}

void ViewPartials::refuse(ast::Node& aggregate, const std::string& what, const std::string& hint) {
    refusals_.add(ast::location(aggregate.base), what + " is not supported in a continuous view",
                  hint);
}

std::string ViewPartials::column_of(const PartialState& state, const ast::FunctionCall& call) {
    std::vector<std::string> arguments = arguments_of(call);
    if (state.widens_real &&
        is_real_column(*call.args[0], *stream_reference_.stream, *stream_reference_.place))
        arguments[0] += "::double precision";
    fmt::dynamic_format_arg_store<fmt::format_context> values;
    for (const std::string& argument : arguments)
        values.push_back(argument);
    ast::Node* partial = tree_.expression(fmt::vformat(state.call, values));
    auto* partial_call = ast::as<ast::FunctionCall>(partial);
    partial_call->agg_filter = call.agg_filter;
    const auto [found, is_new] = columns_.try_emplace(
        identity_.canonical(*partial), fmt::format("a{}", view_.partials.size() + 1));
    if (is_new)
        view_.partials.push_back(
            {found->second, identity_.text(*partial), state.merge, take_apart(*partial_call)});
    return found->second;
}

std::vector<std::string> ViewPartials::arguments_of(const ast::FunctionCall& call) {
    if (call.agg_star) return {"*"};
    std::vector<std::string> arguments;
    for (ast::Node* argument : TIDEWHEEL_NODES(call, args))
        arguments.push_back(ast::deparse_expression(*argument));
    return arguments;
}

AggregateCall ViewPartials::take_apart(const ast::FunctionCall& call) {
    const bool is_more = call.agg_distinct || call.n_agg_order > 0 || call.agg_within_group ||
                         call.over || call.func_variadic;
    if (is_more || (call.agg_star ? call.n_args != 0 : call.n_args != 1)) return {};
    return {builtin_name(call), call.agg_star ? "" : identity_.text(*call.args[0]),
            call.agg_filter ? identity_.text(*call.agg_filter) : ""};
}

}  // namespace tidewheel::sql
