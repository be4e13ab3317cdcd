#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"

// What `reset` does to the progress of statements: pure.
namespace tidewheel::operate {

// What a partition holds, [first, end), and where its statements are to continue.
struct Goal {
    std::int64_t first = 0, end = 0, to = 0;
};
using Goals = std::map<std::pair<std::string, int>, Goal>;  // by topic and partition

// One statement in one partition.
struct Move {
    int statement = 0;
    std::string name, topic;
    int partition = 0;
    std::int64_t from = 0;  // where it would have continued
    Goal goal;
    std::vector<std::string> neighbours;  // other INSERTs that the same lane stores for
    bool stopped = false;                 // because data is missing: a move clears that

    std::int64_t to() const { return goal.to; }
    std::int64_t skipped() const;  // offsets that it will never read
    std::int64_t again() const;    // offsets that it has applied, and will read once more
    bool is_nothing() const { return from == goal.to && !stopped; }
    std::string words() const;
};

struct ProgressRow {
    int statement = 0;
    std::string topic;
    int partition = 0;
    std::optional<std::int64_t> next_offset;  // nullopt: not begun
    bool stopped = false;                     // because data is missing
};

// Those of `progress` that have a goal.
std::vector<Move> moves_of(const std::vector<ProgressRow>& progress,
                           const catalogue::Catalogue& catalogue, const Goals& goals);

// Whether it was shown to the user. A move that was to skip records does not move a statement back
// that has passed them in the meantime.
bool was_told(const Move& move, const std::vector<Move>& told);

// Why an INSERT would store records twice that it reads twice; empty: it would not
// (idempotence_check.hpp).
using WhyNotIdempotent = std::function<std::string(const catalogue::StoredStatement&)>;

// Throws Error (pipeline) where a move would store something twice: for a view, always; for an
// INSERT, unless duplicates are allowed.
void require_once(const std::vector<Move>& moves, const catalogue::Catalogue& catalogue,
                  const WhyNotIdempotent& why_not_idempotent, bool allow_duplicates);

}  // namespace tidewheel::operate
