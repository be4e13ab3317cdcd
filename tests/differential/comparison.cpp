#include "differential/comparison.hpp"

#include <numeric>

#include "tidewheel/engine/program.hpp"

namespace tidewheel::testing {
namespace {

std::string with_kinds(std::string name, const std::vector<Kind>& kinds) {
    for (const Kind kind : kinds)
        name += " " + std::to_string(static_cast<int>(kind));
    return name;
}

void note_functions(const engine::Expression& expression, std::set<std::string>& reached) {
    std::vector<Kind> kinds;
    for (const engine::Expression& argument : expression.arguments) {
        kinds.push_back(argument.type.kind);
        note_functions(argument, reached);
    }
    if (expression.node == engine::Expression::Node::call)
        reached.insert(with_kinds(expression.name, kinds));
}

engine::Vector column_of(const engine::Values& values, std::size_t rows) {
    engine::Vector column(values.kind);
    column.resize(rows);
    column.put(0, rows, values.data, values.has_nulls ? values.nulls : nullptr);
    return column;
}

std::optional<Texts> groups_of(Both& both, const engine::GroupProgram& program,
                               engine::RowNumbers rows) {
    const auto scratch = program.make_scratch();
    if (!program.run(both.batch(), rows, *scratch)) return std::nullopt;
    const engine::Groups& groups = engine::GroupProgram::groups(*scratch, 0);
    Texts lines(groups.size);
    for (const engine::Vector& column : groups.columns) {
        const Texts texts = both.texts_of(column, groups.size);
        for (std::size_t group = 0; group < groups.size; ++group)
            lines[group] += (&column == &groups.columns.front() ? "" : "|") + texts[group];
    }
    std::ranges::sort(lines);
    return lines;
}

std::string words(const std::optional<Texts>& outcome, const std::optional<Texts>& other) {
    if (!outcome) return "an error";
    for (std::size_t i = 0; other && i < std::min(outcome->size(), other->size()); ++i)
        if ((*outcome)[i] != (*other)[i]) return (*outcome)[i];
    return outcome->size() == 1 ? outcome->front() : std::to_string(outcome->size()) + " rows";
}

}  // namespace

std::string name_of(const engine::NativeFunction& function) {
    return with_kinds(std::string(function.name), function.arguments);
}

struct Comparison::Compiled {
    const engine::Program& program;
    const engine::Expression& expression;

    Outcome over(Both& both, engine::RowNumbers rows) const {
        engine::Program::Scratch scratch(program);
        engine::Values values;
        if (!program.run(0, both.batch(), rows, scratch, values)) return std::nullopt;
        return both.texts_of(column_of(values, rows.size()), rows.size());
    }
};

Comparison::Comparison(Both& both) : both_(both), all_(both.batch().rows()) {
    std::iota(all_.begin(), all_.end(), 0u);
}

// An error of PostgreSQL's is never missed.
bool Comparison::agree(const Outcome& theirs, const Outcome& ours, const std::string& list,
                       const std::string& rest, engine::RowNumbers rows) {
    if (!ours || ours == theirs) return true;
    differences_.push_back(
        {"SELECT " + list + " FROM " + both_.rows_as_sql(list + rest, rows) + " " + rest,
         "PostgreSQL says " + words(theirs, ours) + ", the engine " + words(ours, theirs)});
    return false;
}

void Comparison::expression(const std::string& text) {
    const auto resolved = both_.resolve({text});
    if (std::holds_alternative<engine::Unsupported>(resolved)) return void(++counts_.left);
    const engine::Expression& expression =
        std::get<std::vector<engine::Expression>>(resolved).front();
    const auto program = engine::Program::compile(both_.schema(), {&expression, 1});
    if (std::holds_alternative<engine::Unsupported>(program)) return void(++counts_.left);
    const std::string list = "(" + text + ")::text";
    if (!both_.asked(list, "LIMIT 0")) return;  // as apply says: a constant part of it fails
    const Compiled compiled{std::get<engine::Program>(program), expression};
    const Outcome theirs = both_.asked(list, "ORDER BY tidewheel_seq");
    const Outcome ours = compiled.over(both_, all_);
    if (!theirs || theirs != ours) return each_row(list, compiled);
    note_functions(expression, reached_);
    counts_.compared += static_cast<int>(all_.size());
}

void Comparison::each_row(const std::string& list, const Compiled& compiled) {
    for (const std::uint32_t& row : all_) {
        const Outcome theirs = both_.asked(list, "WHERE tidewheel_seq = " + std::to_string(row));
        const Outcome ours = compiled.over(both_, {&row, 1});
        if (!agree(theirs, ours, list, "", {&row, 1})) return;  // one of the rows says it
        ++(theirs ? ours ? counts_.compared : counts_.declined : counts_.refused);
        if (ours) note_functions(compiled.expression, reached_);
    }
}

void Comparison::groups(const Grouped& question) {
    const auto program = engine::GroupProgram::compile(both_.schema(), question.query);
    if (std::holds_alternative<engine::Unsupported>(program)) return void(++counts_.left);
    if (!both_.asked(question.list, question.rest + " LIMIT 0")) return;  // as above
    Outcome theirs = both_.asked(question.list, question.rest);
    if (theirs) std::ranges::sort(*theirs);
    const Outcome ours = groups_of(both_, std::get<engine::GroupProgram>(program), all_);
    if (!agree(theirs, ours, question.list, question.rest, all_)) return;
    ++(theirs ? ours ? counts_.compared : counts_.declined : counts_.refused);
}

}  // namespace tidewheel::testing
