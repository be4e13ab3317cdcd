#pragma once
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::runtime {

// A program that runs statements. Its consumer groups are GROUP.name, GROUP.name.2 …
struct StatementProgram {
    const char* name;
    executor::StatementKind statements;
};

// Together the first two do what the third does alone; see require_alone().
inline constexpr StatementProgram statement_programs[] = {
    {"worker", executor::StatementKind::rows},
    {"aggregator", executor::StatementKind::view},
    {"runner", executor::StatementKind::all},
};
inline constexpr const StatementProgram& worker = statement_programs[0];
inline constexpr const StatementProgram& aggregator = statement_programs[1];
inline constexpr const StatementProgram& runner = statement_programs[2];

}  // namespace tidewheel::runtime
