#include "tidewheel/engine/program.hpp"

#include <algorithm>

#include "call_constants.hpp"
#include "casts.hpp"
#include "constants.hpp"
#include "program_steps.hpp"

// Compiles expressions. What they compute: evaluation.cpp.
namespace tidewheel::engine {

using Operation = Program::Step::Operation;

namespace {

[[noreturn]] void leave(std::string reason) {
    throw Unsupported{std::move(reason)};
}

std::string words(const Type& type) {
    return type.sql.empty() ? "a type of its own" : type.sql;
}

struct Test {
    std::string_view name;
    Operation operation;
    bool value;
};
constexpr Test tests[] = {
    {"is null", Operation::is_null, true},    {"is not null", Operation::is_null, false},
    {"is unknown", Operation::is_null, true}, {"is not unknown", Operation::is_null, false},
    {"is true", Operation::is_true, true},    {"is not true", Operation::is_true, false},
    {"is false", Operation::is_false, true},  {"is not false", Operation::is_false, false},
};

constexpr std::uint32_t default_collation = 100;  // as in pg_collation
constexpr int deepest = 100;                      // of nested expressions
constexpr std::size_t longest_list = 64;          // of IN: PostgreSQL hashes longer ones

bool is_text(Kind kind) {
    return kind == Kind::text || kind == Kind::varchar;
}

void fill_constant(const Expression& expression, Program::Step& step) {
    step.operation = Operation::constant;
    step.is_null = !expression.constant;
    if (step.is_null) return;
    step.text = std::make_shared<const std::string>(text_of_constant(expression));
    if (!read_constant(step.kind, *step.text, step.bits))
        leave("a constant of type " + words(expression.type));
}

// Texts are compared by bytes, which is right under some collations alone.
void require_bytes(const Expression& expression, bool order) {
    std::uint32_t collation = default_collation;
    for (const Expression& argument : expression.arguments) {
        if (!is_text(argument.type.kind)) continue;
        if (!argument.bytewise || (order && !argument.c_order))
            leave("a collation that does not compare bytes");
        if (argument.collation == 0 || argument.collation == default_collation) continue;
        // PostgreSQL can't tell which of two to use, and fails over the first row.
        if (collation != default_collation && collation != argument.collation)
            leave("two collations");
        collation = argument.collation;
    }
}

void require(const Expression& expression, Kind kind) {
    if (expression.type.kind != kind) leave("type " + words(expression.type));
}

}  // namespace

class ProgramBuilder {
  public:
    ProgramBuilder(const Schema& schema, std::vector<Program::Step>& steps)
        : schema_(schema), steps_(steps) {}

    // Steps of a context run over the same rows, so an expression has one step in it.
    struct Context {
        std::vector<std::pair<const Expression*, std::size_t>> known;
    };
    std::size_t add(const Expression& expression, Context& context) {
        for (const auto& [known, step] : context.known)
            if (*known == expression) return step;
        const std::size_t step = push(expression, context);
        context.known.emplace_back(&expression, step);
        return step;
    }

  private:
    using Node = Expression::Node;

    std::size_t push(const Expression& expression, Context& context) {
        if (expression.type.kind == Kind::other) leave("type " + words(expression.type));
        if (depth_ == deepest) leave("an expression of more than 100 levels");
        Program::Step step;
        step.kind = expression.type.kind;
        ++depth_;
        fill(expression, context, step);
        --depth_;
        steps_.push_back(std::move(step));
        return steps_.size() - 1;
    }

    void fill(const Expression& expression, Context& context, Program::Step& step) {
        switch (expression.node) {
            case Node::column:
                step.operation = Operation::column;
                step.column = expression.column;
                if (schema_.columns[step.column].type.kind != step.kind)
                    leave("column " + schema_.columns[step.column].name);
                return;
            case Node::record_time:
                if (step.kind != Kind::timestamptz) leave("now() as " + words(expression.type));
                step.operation = Operation::record_time;
                return;
            case Node::constant:
                return fill_constant(expression, step);
            case Node::call:
                return fill_call(expression, context, step);
            case Node::cast:
                return fill_cast(expression, context, step);
            case Node::test:
                return fill_test(expression, context, step);
            case Node::distinct:
                step.operation = Operation::distinct;
                return fill_equality(expression, context, step);
            case Node::nullif:
                step.operation = Operation::nullif;
                return fill_equality(expression, context, step);
            case Node::one_of:
                step.operation = Operation::one_of;
                return fill_equality(expression, context, step);
            case Node::all_of:
                return fill_logic(Operation::all_of, expression, context, step);
            case Node::any_of:
                return fill_logic(Operation::any_of, expression, context, step);
            case Node::negation:
                return fill_logic(Operation::negation, expression, context, step);
            case Node::choose:
                step.operation = Operation::choose;
                return fill_branches(expression, context, step);
            case Node::coalesce:
                step.operation = Operation::coalesce;
                return fill_branches(expression, context, step);
        }
    }

    std::vector<Kind> kinds_of(const Expression& expression) const {
        std::vector<Kind> kinds;
        for (const Expression& argument : expression.arguments)
            kinds.push_back(argument.type.kind);
        return kinds;
    }

    void add_arguments(const Expression& expression, Context& context, Program::Step& step) {
        for (const Expression& argument : expression.arguments)
            step.arguments.push_back(add(argument, context));
    }

    void fill_call(const Expression& expression, Context& context, Program::Step& step) {
        std::vector<Kind> kinds = kinds_of(expression);
        if (expression.name == "extract") kinds.at(0) = Kind::text;  // a bare word
        const KernelEntry* kernel = find_kernel(expression.name, kinds);
        if (!kernel || kernel->result != step.kind) leave("function " + expression.name);
        const bool orders = expression.name.starts_with('<') || expression.name.starts_with('>');
        require_bytes(expression, orders && expression.name != "<>");
        step.operation = Operation::call;
        step.kernel = kernel->run;
        for (const std::size_t place : take_constants(expression, step))
            step.arguments.push_back(add(expression.arguments[place], context));
    }

    void fill_cast(const Expression& expression, Context& context, Program::Step& step) {
        const Type& from = expression.arguments.front().type;
        const Kernel cast = find_cast(from.kind, step.kind);
        if (!cast) leave("cast from " + words(from) + " to " + words(expression.type));
        add_arguments(expression, context, step);
        step.operation = Operation::call;
        step.kernel = cast;
        if (expression.type.typmod == -1) return;
        const Kernel modifier = find_modifier(expression.type);
        if (!modifier) leave("cast to " + words(expression.type));
        steps_.push_back(step);
        step.arguments = {steps_.size() - 1};
        step.kernel = modifier;
        const auto limit = numeric_limit(expression.type);
        step.call.precision = limit->precision;
        step.call.scale = limit->scale;
    }

    void fill_test(const Expression& expression, Context& context, Program::Step& step) {
        const auto test = std::ranges::find(tests, expression.name, &Test::name);
        if (test == std::end(tests)) leave(expression.name);
        step.operation = test->operation;
        step.value = test->value;
        if (step.operation != Operation::is_null)
            require(expression.arguments.front(), Kind::boolean);
        add_arguments(expression, context, step);
    }

    void fill_equality(const Expression& expression, Context& context, Program::Step& step) {
        require_bytes(expression, false);
        if (expression.arguments.size() > longest_list + 1) leave("a list of more than 64 values");
        if (expression.node == Node::nullif) require(expression.arguments.front(), step.kind);
        const Kind kind = expression.arguments.front().type.kind;
        // NULLIF's "=" may be one of other types than its arguments', so only alike ones are taken.
        for (const Expression& argument : expression.arguments)
            if (argument.type.kind != kind) leave("a comparison of different types");
        const KernelEntry* kernel = find_kernel("=", std::vector<Kind>{kind, kind});
        if (!kernel) leave("a comparison of " + words(expression.arguments.front().type));
        step.kernel = kernel->run;
        add_arguments(expression, context, step);
    }

    void fill_logic(Operation operation, const Expression& expression, Context& context,
                    Program::Step& step) {
        for (const Expression& argument : expression.arguments)
            require(argument, Kind::boolean);
        step.operation = operation;
        add_arguments(expression, context, step);
    }

    // The first argument is computed for all rows, every other one for those that come to it.
    void fill_branches(const Expression& expression, Context& context, Program::Step& step) {
        const std::size_t count = expression.arguments.size();
        for (std::size_t i = 0; i < count; ++i) {
            const bool is_condition =
                step.operation == Operation::choose && i % 2 == 0 && i + 1 < count;
            require(expression.arguments[i], is_condition ? Kind::boolean : step.kind);
            Context branch;
            step.arguments.push_back(add(expression.arguments[i], i == 0 ? context : branch));
        }
    }

    const Schema& schema_;
    std::vector<Program::Step>& steps_;
    int depth_ = 0;
};

std::variant<Program, Unsupported> Program::compile(const Schema& schema,
                                                    std::span<const Expression> expressions) {
    auto code = std::make_shared<Code>();
    ProgramBuilder builder(schema, code->steps);
    ProgramBuilder::Context context;
    try {
        for (const Expression& expression : expressions)
            code->results.push_back(builder.add(expression, context));
    } catch (Unsupported& unsupported) {
        return std::move(unsupported);
    }
    Program program;
    program.code_ = std::move(code);
    return program;
}

}  // namespace tidewheel::engine
