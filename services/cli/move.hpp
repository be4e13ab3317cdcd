#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/postgres/catalogue.hpp"

// What `reset` does to the progress of statements: pure.
namespace tidewheel::cli {

// What a partition holds, [first, end), and where its statements are to go on.
struct Goal {
    std::int64_t first = 0, end = 0, to = 0;
};
using Goals = std::map<std::pair<std::string, int>, Goal>;  // by topic and partition

// One statement in one partition.
struct Move {
    int statement = 0;
    std::string name, topic;
    int partition = 0;
    std::int64_t from = 0;  // where it would have gone on
    Goal goal;
    std::vector<std::string> neighbours;  // other INSERTs that the same lane stores for

    std::int64_t to() const { return goal.to; }
    std::int64_t skipped() const;  // offsets that it will never read
    std::int64_t again() const;    // offsets that it has applied, and will read once more
    bool is_nothing() const { return from == goal.to; }
    std::string words() const;
};

struct Progress {
    int statement = 0;
    std::string topic;
    int partition = 0;
    std::optional<std::int64_t> next_offset;  // nullopt: not begun
};

// Those of `progress` that have a goal.
std::vector<Move> moves_of(const std::vector<Progress>& progress,
                           const postgres::Catalogue& catalogue, const Goals& goals);

// Whether a human was told of it. What was to skip records leads nobody back who has passed them
// meanwhile.
bool was_told(const Move& move, const std::vector<Move>& told);

// Why an INSERT would store records twice that it reads twice; empty: it doesn't (duplicates.hpp).
using WhyTwice = std::function<std::string(const postgres::StoredStatement&)>;

// Throws Error (pipeline) where a move would store something twice: for a view, always; for an
// INSERT, unless duplicates are allowed.
void require_once(const std::vector<Move>& moves, const postgres::Catalogue& catalogue,
                  const WhyTwice& why_twice, bool allow_duplicates);

}  // namespace tidewheel::cli
