#include "settled_parts.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tidewheel::executor {
namespace {

using engine::Expression;
using engine::Kind;
using Node = Expression::Node;

// By kind, the function that gives a value's binary form.
constexpr std::pair<Kind, std::string_view> binary_forms[] = {
    {Kind::date, "date_send"},
    {Kind::time, "time_send"},
    {Kind::timestamp, "timestamp_send"},
    {Kind::timestamptz, "timestamptz_send"},
};

std::string_view binary_form(const engine::Type& type) {
    if (type.sql == "interval") return "interval_send";
    using Form = std::pair<Kind, std::string_view>;
    const auto* found = std::ranges::find(binary_forms, type.kind, &Form::first);
    return found == std::end(binary_forms) ? "" : found->second;
}

void settle_constant(postgres::Transaction& transaction, Expression& constant) {
    const std::string_view function = binary_form(constant.type);
    if (function.empty() || !constant.constant) return;
    constant.binary = transaction
                          .query("SELECT encode(" + std::string(function) + "(" +
                                 postgres::quote_literal(*constant.constant) +
                                 "::" + constant.type.sql + "), 'hex')")
                          .at(0)
                          .text(0);
}

// Turkish, say, has an i of its own.
void require_usual_letters(postgres::Transaction& transaction, const Expression& call) {
    if (call.collation == 0) throw engine::Unsupported{call.name + " under no collation"};
    const std::string collation =
        transaction.query("SELECT $1::regcollation::text", {std::to_string(call.collation)})
            .at(0)
            .text(0);
    const auto mapped = [&](const std::string& by) {
        return "convert_to(" + call.name + "(ascii COLLATE " + by + "), 'UTF8')";
    };
    const postgres::Row usual =
        transaction
            .query("SELECT " + mapped(collation) + " = " + mapped("\"C\"") +
                   " FROM (SELECT string_agg(chr(n), '') FROM generate_series(1, 127) n) s (ascii)")
            .at(0);
    if (!usual.boolean(0)) throw engine::Unsupported{call.name + " under collation " + collation};
}

}  // namespace

void settle(postgres::Transaction& transaction, Expression& expression) {
    for (Expression& argument : expression.arguments)
        settle(transaction, argument);
    if (expression.node == Node::constant) settle_constant(transaction, expression);
    if (expression.node == Node::call && (expression.name == "lower" || expression.name == "upper"))
        require_usual_letters(transaction, expression);
}

}  // namespace tidewheel::executor
