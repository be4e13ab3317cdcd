#include "float_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aggregates.hpp"
#include "deparse.hpp"
#include "functions.hpp"
#include "names.hpp"

// Aggregates whose argument PostgreSQL takes in double precision. avg(real) is one: sum(real), which
// a view keeps in its place, would be of real. Variances are others: a view keeps them in numeric
// over numbers of other types.
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

struct Asked {
    ast::FunctionCall* call;
    FloatQuestion question;
};

FloatQuestion question_of(const ast::FunctionCall& call) {
    const Aggregate* aggregate = find_aggregate(builtin_name(call));
    return aggregate && call.n_args == 1 ? aggregate->question : FloatQuestion();
}

// In the order of the text: those whose own text doesn't tell decompose().
std::vector<Asked> asked_calls(ast::Select& select, const Stream& stream) {
    std::vector<Asked> calls;
    const ast::RangeVar* place = find_place(select, stream);
    const auto is_told = [&](const ast::FunctionCall& call) {
        const bool widens = std::ranges::any_of(find_aggregate(builtin_name(call))->form.partials,
                                                &PartialState::widens_real);
        return is_float_cast(*call.args[0]) ||
               (widens && place && is_real_column(*call.args[0], stream, *place));
    };
    const auto collect = [&](ast::Message& message) {
        auto* call = ast::as<ast::FunctionCall>(&message);
        const FloatQuestion question = call ? question_of(*call) : FloatQuestion();
        if (question.call.empty()) return true;
        if (!is_told(*call)) calls.push_back({call, question});
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

bool is_float_cast(const ast::Node& expression) {
    const auto* cast = ast::as<ast::TypeCast>(&expression);
    return cast && ast::deparse_type(*cast->type_name) == "double precision";
}

FloatQuestions float_questions(std::string_view view, const Stream& stream) {
    ast::Tree tree{std::string(view)};
    ast::Select& select = select_of(tree);
    FloatQuestions questions;
    std::string list;
    for (const auto& [call, question] : asked_calls(select, stream)) {
        questions.types.emplace_back(question.type);
        list += fmt::format(
            "{}{} AS x{}", list.empty() ? "SELECT " : ", ",
            fmt::format(fmt::runtime(question.call), ast::deparse_expression(*call->args[0])),
            questions.types.size());
    }
    if (!list.empty())
        questions.query = list + " FROM " + ast::deparse_from(TIDEWHEEL_NODES(select, from_clause));
    return questions;
}

std::string with_float_casts(std::string_view view, const Stream& stream,
                             const std::vector<bool>& is_float) {
    ast::Tree tree{std::string(view)};
    const auto calls = asked_calls(select_of(tree), stream);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        ast::Node*& argument = calls[i].call->args[0];
        if (is_float.at(i))
            argument =
                tree.expression("(" + ast::deparse_expression(*argument) + ")::double precision");
    }
    return ast::deparse(tree.statement());
}

}  // namespace tidewheel::sql
