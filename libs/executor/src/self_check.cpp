#include "self_check.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>

#include "edge_rows.hpp"
#include "resolution_probe.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/engine/grouping.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/sql/resolved.hpp"
#include "value_text.hpp"

namespace tidewheel::executor {
namespace {

using engine::Aggregate;
using engine::Expression;
using Rows = std::vector<std::uint32_t>;
using Texts = std::vector<postgres::Parameter>;

// What the engine has computed, and of which rows.
struct Computed {
    engine::Kind kind;
    Rows rows;
    Texts values;
};

std::string array_of(const Texts& values, engine::Kind kind) {
    return "(" + postgres::quote_literal(postgres::array_literal(values)) +
           "::" + postgres::array_type(kind) + ")";
}

// SQL: whether this row of edges is one of these.
std::string is_among(const Rows& rows) {
    std::vector<std::string> numbers;
    for (const std::uint32_t row : rows)
        numbers.push_back(std::to_string(row + 1));
    return "tidewheel_seq = ANY ('{" + joined(numbers, ",") + "}'::pg_catalog.int4[])";
}

// SQL: whether the two values, in PostgreSQL's words, are not the same.
std::string differ(const std::string& theirs, const std::string& ours) {
    return theirs + "::pg_catalog.text COLLATE pg_catalog.\"C\" IS DISTINCT FROM " + ours +
           "::pg_catalog.text COLLATE pg_catalog.\"C\"";
}

// Questions about the edge rows: SQL of an aggregate that is true if PostgreSQL computes something
// else. What the engine declines is not asked, so an error of PostgreSQL's is a difference, too.
class Questions {
  public:
    Questions(const StreamPlan& plan, const std::vector<Expression>& constants)
        : schema_(plan.schema), printed_(plan.schema), edges_(plan, constants) {
        printed_.columns.emplace_back().name = "tidewheel_timestamp";
    }

    std::string text_of(const Expression& expression) const {
        return sql::text_of(with_record_times(expression), printed_);
    }
    std::string edges() const { return edges_.sql(); }

    std::string question(const Expression& expression) const {
        const Computed ours = compute(expression);
        Texts by_row(edges_.batch().rows());
        for (std::size_t i = 0; i < ours.rows.size(); ++i)
            by_row[ours.rows[i]] = ours.values[i];
        return "pg_catalog.bool_or(" +
               differ("(" + text_of(expression) + ")",
                      array_of(by_row, ours.kind) + "[tidewheel_seq]") +
               ") FILTER (WHERE " + is_among(ours.rows) + ")";
    }

    std::string question(const Aggregate& aggregate) const {
        const Computed ours = compute(aggregate);
        const std::string filter =
            aggregate.filter ? " AND " + text_of(*aggregate.filter) : std::string();
        return "(" +
               differ("(" + text_of(aggregate) + " FILTER (WHERE " + is_among(ours.rows) + filter +
                          "))",
                      array_of(ours.values, ours.kind) + "[1]") +
               ")";
    }

    std::string text_of(const Aggregate& aggregate) const {
        return "pg_catalog." + aggregate.function + "(" +
               (aggregate.argument ? text_of(*aggregate.argument) : "*") + ")";
    }

  private:
    Expression with_record_times(Expression expression) const {
        if (expression.node == Expression::Node::record_time) {
            expression.node = Expression::Node::column;
            expression.column = schema_.columns.size();
        }
        for (Expression& argument : expression.arguments)
            argument = with_record_times(std::move(argument));
        return expression;
    }

    // Of each row by itself.
    Computed compute(const Expression& expression) const {
        const auto program =
            std::get<engine::Program>(engine::Program::compile(schema_, std::span(&expression, 1)));
        engine::Program::Scratch scratch(program);
        Computed computed{expression.type.kind, {}, {}};
        for (std::uint32_t row = 0; row < edges_.batch().rows(); ++row) {
            scratch.restart(program);
            engine::Values values;
            if (!program.run(0, edges_.batch(), {&row, 1}, scratch, values)) continue;
            engine::Vector value(values.kind);
            value.resize(1);
            value.put(0, 1, values.data, values.has_nulls ? values.nulls : nullptr);
            computed.rows.push_back(row);
            computed.values.push_back(value_text(value, 0));
        }
        return computed;
    }

    // Of as many rows as the engine takes together.
    Computed compute(const Aggregate& aggregate) const {
        const auto program = std::get<engine::GroupProgram>(
            engine::GroupProgram::compile(schema_, {{}, {{{}, {aggregate}}}}));
        const auto scratch = program.make_scratch();
        Computed computed{aggregate.result.kind, {}, {}};
        for (std::uint32_t row = 0; row < edges_.batch().rows(); ++row) {
            computed.rows.push_back(row);
            if (!program.run(edges_.batch(), computed.rows, *scratch)) computed.rows.pop_back();
        }
        program.run(edges_.batch(), computed.rows, *scratch);
        const engine::Groups& groups = engine::GroupProgram::groups(*scratch, 0);
        computed.values.push_back(value_text(groups.columns.front(), 0));
        return computed;
    }

    const engine::Schema& schema_;
    engine::Schema printed_;  // with the record's time as a column
    EdgeRows edges_;
};

// A native form: what it computes, and what leaves it to PostgreSQL.
struct Form {
    std::vector<Expression> expressions;
    std::vector<Aggregate> aggregates;
    std::function<void(const std::string& reason)> leave;

    void add(const std::optional<Expression>& expression) {
        if (expression) expressions.push_back(*expression);
    }
    void add(const std::vector<Expression>& more) {
        expressions.insert(expressions.end(), more.begin(), more.end());
    }
    void add(const std::vector<Aggregate>& more) {
        aggregates.insert(aggregates.end(), more.begin(), more.end());
        for (const Aggregate& aggregate : more) {
            add(aggregate.argument);
            add(aggregate.filter);
        }
    }
};

std::vector<Form> forms_of(StreamPlan& plan) {
    std::vector<Form> forms;
    // nullptr: no native form.
    const auto add_form = [&](auto& native, auto& query) -> Form* {
        if (!query) return nullptr;
        return &forms.emplace_back(Form{{}, {}, [&](const std::string& reason) {
                                            query.reset();
                                            native.reason = reason;
                                        }});
    };
    if (Form* form = add_form(plan.native_rules, plan.native_rules.checks))
        form->add(*plan.native_rules.checks);
    for (StreamPlan::RowTask& task : plan.rows)
        if (Form* form = add_form(task.native, task.native.query)) {
            form->add(task.native.query->where);
            form->add(task.native.query->values);
        }
    for (StreamPlan::ViewTask& task : plan.views)
        if (Form* form = add_form(task.native, task.native.query)) {
            form->add(task.native.query->where);
            form->add(task.native.query->groupings.front().keys);
            form->add(task.native.query->groupings.front().aggregates);
        }
    return forms;
}

void add_constants(const Expression& expression, std::vector<Expression>& constants) {
    if (expression.node == Expression::Node::constant &&
        std::ranges::find(constants, expression) == constants.end())
        constants.push_back(expression);
    for (const Expression& argument : expression.arguments)
        add_constants(argument, constants);
}

std::vector<Expression> constants_of(const std::vector<Form>& forms) {
    std::vector<Expression> constants;
    for (const Form& form : forms)
        for (const Expression& expression : form.expressions)
            add_constants(expression, constants);
    return constants;
}

// What a question is about, and whether PostgreSQL differs.
struct Asked {
    std::string text;
    bool differs = false;
};
using AllAsked = std::map<std::string, Asked>;  // by question

void ask(postgres::Transaction& transaction, const std::string& edges,
         std::span<AllAsked::value_type*> some) {
    std::vector<std::string> questions;
    for (const AllAsked::value_type* each : some)
        questions.push_back(each->first);
    transaction.run("SAVEPOINT tidewheel_check");
    try {
        const postgres::Row answer =
            transaction.query("SELECT " + joined(questions, ",\n") + " FROM " + edges).at(0);
        for (std::size_t i = 0; i < some.size(); ++i)
            some[i]->second.differs = answer.text_or(i, "f") == "t";
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        transaction.run("ROLLBACK TO tidewheel_check");
        if (some.size() == 1) some.front()->second.differs = true;
        if (some.size() > 1) {
            ask(transaction, edges, some.first(some.size() / 2));
            ask(transaction, edges, some.subspan(some.size() / 2));
        }
    }
    transaction.run("RELEASE tidewheel_check");
}

void ask_all(postgres::Transaction& transaction, const std::string& edges, AllAsked& all) {
    constexpr std::size_t most_at_once = 500;  // a SELECT has at most 1664 columns
    std::vector<AllAsked::value_type*> each;
    for (AllAsked::value_type& asked : all)
        each.push_back(&asked);
    transaction.run(std::string("SET LOCAL search_path = ") + plain_search_path);
    for (std::span<AllAsked::value_type*> rest = each; !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), most_at_once));
        ask(transaction, edges, some);
        rest = rest.subspan(some.size());
    }
}

}  // namespace

void check_native_forms(postgres::Transaction& transaction, StreamPlan& plan) {
    if (weakened("no_self_check")) return;
    const std::vector<Form> forms = forms_of(plan);
    const Questions questions(plan, constants_of(forms));
    AllAsked all;
    std::vector<std::vector<AllAsked::const_iterator>> asked(forms.size());
    for (std::size_t form = 0; form < forms.size(); ++form) {
        const auto add = [&](const auto& part) {
            asked[form].push_back(
                all.try_emplace(questions.question(part), Asked{questions.text_of(part)}).first);
        };
        for (const Expression& expression : forms[form].expressions)
            if (expression.node != Expression::Node::column)  // stored as it came
                add(expression);
        std::ranges::for_each(forms[form].aggregates, add);
    }
    if (!all.empty()) ask_all(transaction, questions.edges(), all);
    for (std::size_t form = 0; form < forms.size(); ++form) {
        const auto wrong = std::ranges::find_if(
            asked[form], [](const auto& each) { return each->second.differs; });
        if (wrong != asked[form].end())
            forms[form].leave(std::string(self_check_differed) + ": " + (*wrong)->second.text);
    }
}

}  // namespace tidewheel::executor
