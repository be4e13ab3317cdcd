// What the engine computes itself is what PostgreSQL computes: value, digits shown, NULL, groups;
// and where PostgreSQL raises an error the engine declines.
#include <cctype>

#include "differential/differential.hpp"
#include "differential/expression_generator.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

// Calls a function with columns of its arguments' kinds.
std::string call_of(const engine::NativeFunction& function, const engine::Schema& schema,
                    Random& random) {
    Texts arguments;
    for (const Kind kind : function.arguments) {
        Texts columns;
        for (const engine::Column& column : schema.columns)
            if (column.type.kind == kind) columns.push_back(column.name);
        if (kind == Kind::other) columns = function.name == "date_bin" ? bins : intervals;
        arguments.push_back(random.of(columns));
    }
    const std::string name(function.name);
    if (name == "date_trunc") return "date_trunc('hour', " + arguments[1] + ")";
    if (name == "date_bin")
        return "date_bin(" + arguments[0] + ", " + arguments[1] + ", " +
               random.of(moments(function.arguments[1])) + ")";
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

void check_none(const std::vector<Difference>& differences) {
    for (const Difference& each : differences)
        FAIL_CHECK(each.sql << ": " << each.says);
}

void show(const Comparison::Counts& counts) {
    WARN("compared " << counts.compared << ", declined " << counts.declined << ", refused "
                     << counts.refused << ", left to PostgreSQL " << counts.left);
}

}  // namespace

TEST_CASE("every function of the engine computes what PostgreSQL computes") {
    Both both;
    both.fill(1);
    Random random(2);
    Comparison comparison(both);
    for (const engine::NativeFunction& function : engine::native_functions()) {
        for (int i = 0; i < 4; ++i)
            comparison.expression(call_of(function, both.schema(), random));
        INFO(name_of(function));
        CHECK((function.name == "extract" || comparison.reached().contains(name_of(function))));
    }
    check_none(comparison.differences());
    CHECK(comparison.counts().compared > 5000);
    show(comparison.counts());
}

// As ./dev fuzz-sql does from any seed.
TEST_CASE("expressions and groups by seed: the engine computes what PostgreSQL computes") {
    Differential differential;
    for (unsigned seed = 1; seed <= 1000; ++seed) {
        INFO("./dev fuzz-sql --count 1 --seed " << seed);
        check_none(differential.run(seed));
    }
    CHECK(differential.counts().compared > 20000);
    show(differential.counts());
}
