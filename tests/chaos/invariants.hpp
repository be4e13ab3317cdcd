#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "chaos/ledger.hpp"
#include "tidewheel/testing/deployment.hpp"

// What must hold after every run, whatever happened during it (the numbers are those of the fault
// list that the suite follows):
//   I1  every offset below a statement's progress is stored or parked, once
//   I2  views and upserts are what a recomputation from the topic gives
//   I4  progress never decreases, and never jumps
//   I6  the lag gets 0 once everything is healed
//   I8  the run had enough volume to mean something
//   I9  no service grew without bound, and none left a backend behind
// All of it by SQL over every offset, against what the producers know that they sent and what a
// reader of our own finds in the topic. Nothing is asked of the services.
namespace tidewheel::chaos {

struct Findings {
    // In words, each begins with its invariant; none: all hold.
    std::vector<std::string> violations;
    std::int64_t records = 0;            // in the topic
    std::int64_t lost = 0, doubled = 0;  // over all statements

    bool hold() const { return violations.empty(); }
    std::string text() const;  // a violation a line
};

// Applies the suite's pipeline to a new deployment, and installs what records the moves of
// progress.
void prepare(testing::Deployment& deployment);

struct Demands {
    std::int64_t records = 1;          // at least so many must have been acknowledged
    std::chrono::seconds timeout{60};  // for the lag to get 0
};

// I1 to I8. Nothing may be sent meanwhile; services may run, or have ended.
Findings check(const testing::Deployment& deployment, const Ledger& ledger,
               const Demands& demands = {});

// I9, once the services have ended: PostgreSQL serves none of theirs any more.
void check_backends(const testing::Deployment& deployment, Findings& findings);

// Where the topic's partitions end now, for a reader of committed transactions.
std::vector<std::int64_t> ends_of(const testing::Deployment& deployment);
// Whether every statement has applied what is before these ends; or what the topic holds now.
bool applied(const testing::Deployment& deployment, const std::vector<std::int64_t>& ends);
bool caught_up(const testing::Deployment& deployment);

}  // namespace tidewheel::chaos
