#pragma once
#include <string>
#include <vector>

#include "lane_world.hpp"

// Every run of small scenarios with a bounded number of surprises.
namespace tidewheel::engine::model {

inline constexpr Slot g = Slot::good, b = Slot::bad, o = Slot::gap;

struct Case {
    Scenario scenario;
    int surprises;
};

// Small ones, each with what makes lanes err: the second statement joins in at a record, in a gap,
// beyond the end; markers at the end; rejected records at the edges of batches.
inline const std::vector<Case> cases = {
    {{{g, g, o}, {{1, 0}, {2, 5}}, 10}, 2},
    {{{g, o, o, g}, {{1, 2}, {2, 0}}, 2}, 3},
    {{{g, g, b, g, g}, {{1, 0}, {2, 0}}, 2}, 2},
    {{{g, b, o, g, o, g, o}, {{1, 0}, {2, 3}}, 2}, 2},
    {{{b, g, g, o, o, g}, {{1, 4}, {2, 1}}, 3}, 2},
};

// Nothing, or what was broken and how it came to that.
inline std::string failure_of(const Scenario& scenario, Choices& choices, Guards guards = {}) {
    World world(scenario, choices, guards);
    try {
        world.run();
        return {};
    } catch (const Violation& violation) {
        return violation.what + "\n" + world.story();
    }
}

struct Search {
    int runs = 0;
    std::string failure;  // of the first run that had any
};

inline Search search(Guards guards = {}) {
    Search found;
    for (const auto& [scenario, surprises] : cases) {
        EveryRun choices(surprises);
        do {
            ++found.runs;
            found.failure = failure_of(scenario, choices, guards);
            if (!found.failure.empty()) return found;
        } while (choices.next());
    }
    return found;
}

}  // namespace tidewheel::engine::model
