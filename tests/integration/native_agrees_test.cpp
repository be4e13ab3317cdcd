// What the engine computes itself is what PostgreSQL computes: value, digits shown, NULL, and where
// PostgreSQL raises an error the engine declines. The same expressions over the same rows, in both.
#include <set>

#include "expression_generator.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

engine::Vector column_of(const engine::Values& values, std::size_t rows) {
    engine::Vector column(values.kind);
    column.resize(rows);
    column.put(0, rows, values.data, values.has_nulls ? values.nulls : nullptr);
    return column;
}

void note_functions(const engine::Expression& expression, std::set<std::string>& reached) {
    std::string name = expression.name;
    for (const engine::Expression& argument : expression.arguments) {
        name += " " + std::to_string(static_cast<int>(argument.type.kind));
        note_functions(argument, reached);
    }
    if (expression.node == engine::Expression::Node::call) reached.insert(name);
}

struct Counts {
    int compared = 0, declined = 0, refused = 0, left = 0;
};

// Over each row alone, and over all of them.
void compare(Both& both, const std::string& text, std::set<std::string>& reached, Counts& counts) {
    INFO(text);
    const auto resolved = both.resolve(text);
    if (const auto* unsupported = std::get_if<engine::Unsupported>(&resolved)) {
        INFO(unsupported->reason);
        ++counts.left;
        return;
    }
    const engine::Expression& expression = std::get<engine::Expression>(resolved);
    const auto compiled = engine::Program::compile(both.schema(), {&expression, 1});
    if (std::holds_alternative<engine::Unsupported>(compiled)) {
        ++counts.left;
        return;
    }
    const auto& program = std::get<engine::Program>(compiled);
    engine::Program::Scratch scratch(program);
    std::vector<std::uint32_t> all;
    for (std::uint32_t row = 0; row < both.batch().rows(); ++row)
        all.push_back(row);
    const auto native = [&](engine::RowNumbers rows) -> std::optional<Texts> {
        scratch.restart(program);
        engine::Values values;
        if (!program.run(0, both.batch(), rows, scratch, values)) return std::nullopt;
        return both.texts_of(column_of(values, rows.size()), rows.size());
    };
    const auto list = "(" + text + ")::text";
    if (!both.asked(list, "LIMIT 0")) return;  // as apply says: a constant part of it fails
    const auto whole = both.asked(list, "ORDER BY tidewheel_seq");
    const auto ours = native(all);
    if (whole && ours) {
        CHECK(*ours == *whole);
        note_functions(expression, reached);
        counts.compared += static_cast<int>(all.size());
        return;
    }
    CHECK((whole.has_value() || !ours));  // an error of PostgreSQL's is never missed
    for (const std::uint32_t row : all) {
        const auto theirs = both.asked(list, "WHERE tidewheel_seq = " + std::to_string(row));
        const auto alone = native({&row, 1});
        INFO("row " << row);
        if (!theirs) {
            CHECK_FALSE(alone);
            ++counts.refused;
        } else if (!alone) {
            ++counts.declined;
        } else {
            CHECK(*alone == *theirs);
            ++counts.compared;
            note_functions(expression, reached);
        }
    }
}

// Calls a function with columns of its arguments' kinds.
std::string call_of(const engine::NativeFunction& function, const engine::Schema& schema,
                    Random& random) {
    Texts arguments;
    for (const Kind kind : function.arguments) {
        Texts columns;
        for (const engine::Column& column : schema.columns)
            if (column.type.kind == kind) columns.push_back(column.name);
        arguments.push_back(random.of(columns));
    }
    const std::string name(function.name);
    if (name == "date_trunc") return "date_trunc('hour', " + arguments[1] + ")";
    if (name == "extract") return "extract(hour FROM " + arguments[1] + ")";
    if (name.ends_with("~~")) return arguments[0] + " " + name + " 'a%'";
    if (std::isalpha(name[0])) {
        if (name == "round" || name == "trunc")
            if (arguments.size() == 2) arguments[1] = random.of(Texts{"2", "0", "-1"});
        return name + "(" + arguments[0] +
               (arguments.size() == 2 ? ", " + arguments[1] : std::string()) + ")";
    }
    return arguments.size() == 1 ? name + " " + arguments[0]
                                 : arguments[0] + " " + name + " " + arguments[1];
}

}  // namespace

TEST_CASE("every function of the engine computes what PostgreSQL computes") {
    Both both(1);
    Random random(2);
    std::set<std::string> reached;
    Counts counts;
    for (const engine::NativeFunction& function : engine::native_functions()) {
        for (int i = 0; i < 4; ++i)
            compare(both, call_of(function, both.schema(), random), reached, counts);
        std::string name(function.name);
        for (const Kind kind : function.arguments)
            name += " " + std::to_string(static_cast<int>(kind));
        INFO(name);
        CHECK((name.starts_with("extract") || reached.contains(name)));
    }
    CHECK(counts.compared > 5000);
    WARN("compared " << counts.compared << ", declined " << counts.declined << ", refused "
                     << counts.refused << ", left to PostgreSQL " << counts.left);
}

TEST_CASE("expressions by seed: the engine computes what PostgreSQL computes") {
    Both both(3);
    Generator generate(both.schema(), 4);
    std::set<std::string> reached;
    Counts counts;
    const std::vector<Kind> kinds{Kind::boolean, Kind::int16,     Kind::int32,      Kind::int64,
                                  Kind::float64, Kind::numeric,   Kind::text,       Kind::date,
                                  Kind::numeric, Kind::timestamp, Kind::timestamptz};
    for (int i = 0; i < 1500; ++i)
        compare(both, generate.of(kinds[static_cast<std::size_t>(i) % kinds.size()], 3), reached,
                counts);
    CHECK(counts.compared > 20000);
    WARN("compared " << counts.compared << ", declined " << counts.declined << ", refused "
                     << counts.refused << ", left to PostgreSQL " << counts.left);
}
