#include "differential/differential.hpp"

#include "differential/expression_generator.hpp"
#include "differential/group_generator.hpp"

namespace tidewheel::testing {
namespace {

const std::vector<Kind>& results() {
    using enum engine::Kind;
    static const std::vector<Kind> kinds{boolean, int16, int32,   int64,     float64,    numeric,
                                         text,    date,  numeric, timestamp, timestamptz};
    return kinds;
}

void compare(Both& both, unsigned seed, Comparison& comparison) {
    Random random(seed);
    if (random.below(4) == 0) {
        if (const auto question = GroupGenerator(both, seed).next()) comparison.groups(*question);
    } else {
        comparison.expression(Generator(both.schema(), seed).of(random.of(results()), 3));
    }
}

}  // namespace

std::vector<Difference> Differential::run(unsigned seed) {
    constexpr int most_in_a_database = 2000;  // its catalogue grows with each
    if (cases_++ % most_in_a_database == 0) {
        both_.reset();
        both_.emplace();
    }
    both_->fill(seed);
    Comparison comparison(*both_);
    compare(*both_, seed, comparison);
    counts_.compared += comparison.counts().compared;
    counts_.declined += comparison.counts().declined;
    counts_.refused += comparison.counts().refused;
    counts_.left += comparison.counts().left;
    return comparison.differences();
}

}  // namespace tidewheel::testing
