#include "tidewheel/operate/offset_move.hpp"

#include <algorithm>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::operate {
namespace {

using catalogue::StoredStatement;

const StoredStatement& statement_of(const catalogue::Catalogue& catalogue, int id) {
    return *std::find_if(catalogue.statements.begin(), catalogue.statements.end(),
                         [&](const StoredStatement& each) { return each.id == id; });
}

// A lane continues from the lowest offset of its statements, and those that are further ahead wait;
// but not those that are moved as well.
std::vector<std::string> neighbours_of(const StoredStatement& moved, int partition,
                                       const std::vector<ProgressRow>& all_moved,
                                       const catalogue::Catalogue& catalogue) {
    std::vector<std::string> names;
    for (const StoredStatement& each : catalogue.statements) {
        const bool is_moved =
            std::any_of(all_moved.begin(), all_moved.end(),
                        [&](const ProgressRow& progress) { return progress.statement == each.id; });
        if (!is_moved && !each.paused && each.stream_id == moved.stream_id &&
            std::holds_alternative<sql::RowStatement>(each.statement.body) &&
            executor::reads(each, catalogue.stream(each.stream_id), partition))
            names.push_back(each.statement.name);
    }
    return names;
}

Error counts_twice(const Move& move) {
    return Error(Error::Kind::pipeline,
                 "view " + move.name + " would count " + plural(move.again(), "offset") +
                     " of topic " + move.topic + ", partition " + std::to_string(move.partition) +
                     " twice",
                 "Run `tidewheel rebuild " + move.name + "` to recompute it from the topic.");
}

Error stores_twice(const Move& move, const sql::RowStatement& rows, const std::string& why) {
    return Error(
        Error::Kind::pipeline,
        move.name + " would store the rows of " + plural(move.again(), "offset") + " of topic " +
            move.topic + ", partition " + std::to_string(move.partition) + " twice: " + why,
        "Run `tidewheel pause " + move.name + "`, TRUNCATE " + rows.target.quoted() +
            ", reset with --allow-duplicates, and run `tidewheel resume " + move.name + "`.");
}

}  // namespace

std::int64_t Move::skipped() const {
    return std::max<std::int64_t>(0, goal.to - from);
}

// What lies beyond the topic's end was read from another topic of that name, or from a tail that
// the brokers lost.
std::int64_t Move::again() const {
    return std::max<std::int64_t>(0, std::min(from, goal.end) - goal.to);
}

std::string Move::words() const {
    std::string text = name + ", " + topic + "[" + std::to_string(partition) + "]: continues at " +
                       std::to_string(goal.to);
    if (const std::int64_t count = skipped()) {
        const std::int64_t gone = std::clamp<std::int64_t>(goal.first - from, 0, count);
        text += " and never reads the " + plural(count, "offset") + " from " + std::to_string(from);
        if (gone > 0) text += ", of which the topic has lost " + grouped(gone);
    }
    if (const std::int64_t count = again())
        text += " and reads " + plural(count, "offset") + " again" +
                (neighbours.empty() ? ""
                                    : "; nothing is stored for " + joined(neighbours, ", ") +
                                          " until it finishes");
    if (from > goal.end)
        text += "; what it read after " + std::to_string(goal.end) +
                " is no longer in the topic, and stays stored";
    return text;
}

std::vector<Move> moves_of(const std::vector<ProgressRow>& progress,
                           const catalogue::Catalogue& catalogue, const Goals& goals) {
    std::vector<Move> moves;
    for (const ProgressRow& each : progress) {
        const auto goal = goals.find({each.topic, each.partition});
        if (goal == goals.end()) continue;
        const StoredStatement& stored = statement_of(catalogue, each.statement);
        moves.push_back({each.statement, stored.statement.name, each.topic, each.partition,
                         each.next_offset.value_or(goal->second.first), goal->second,
                         neighbours_of(stored, each.partition, progress, catalogue), each.stopped});
    }
    return moves;
}

bool was_told(const Move& move, const std::vector<Move>& told) {
    return std::any_of(told.begin(), told.end(), [&](const Move& each) {
        return each.statement == move.statement && each.partition == move.partition &&
               (each.from > each.to() || move.from <= move.to());
    });
}

void require_once(const std::vector<Move>& moves, const catalogue::Catalogue& catalogue,
                  const WhyNotIdempotent& why_not_idempotent, bool allow_duplicates) {
    for (const Move& move : moves) {
        if (move.again() == 0) continue;
        const StoredStatement& stored = statement_of(catalogue, move.statement);
        const auto* rows = std::get_if<sql::RowStatement>(&stored.statement.body);
        if (!rows) throw counts_twice(move);
        if (allow_duplicates) continue;
        if (const std::string why = why_not_idempotent(stored); !why.empty())
            throw stores_twice(move, *rows, why);
    }
}

}  // namespace tidewheel::operate
