#include "tidewheel/operate/offset_reset.hpp"

#include <algorithm>
#include <set>

#include "tidewheel/apply/idempotence_check.hpp"
#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/skipped_offsets.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::operate {
namespace {

using postgres::Transaction;

// --to, read; asks Kafka for each partition.
class Position {
  public:
    Position(const Servers& servers, const std::string& to)
        : kafka_(servers.kafka), admin_(kafka_), to_(to) {
        if (to == "earliest" || to == "latest") return;
        if (!to.empty() && to.size() < 19 &&
            to.find_first_not_of("0123456789") == std::string::npos) {
            offset_ = std::stoll(to);
            return;
        }
        try {
            time_ = servers.database.connect()
                        ->query("SELECT (extract(epoch FROM $1::timestamptz) * 1000)::bigint", {to})
                        .at(0)
                        .integer(0);
        } catch (const postgres::DatabaseError& error) {
            if (!error.is_about_data()) throw;
            throw Error(Error::Kind::setting, "--to " + to + " is not a position in a topic",
                        "Write earliest, latest, an offset, or a time such as 2026-01-31T12:00Z.");
        }
    }

    bool is_offset() const { return offset_.has_value(); }

    // told: where the user was told that it continues. It does so there, as long as the topic has
    // the offset, and not at the present end.
    Goal in(const std::string& topic, int partition, std::optional<std::int64_t> told) {
        const auto [first, end] = admin_.watermarks(topic, partition);
        Goal goal{first, end, to_ == "latest" ? end : first};
        if (time_) goal.to = kafka::offset_at(kafka_, {topic, partition}, *time_).value_or(end);
        if (offset_) goal.to = *offset_;
        if (told) goal.to = std::max(first, *told);
        if (goal.to < first || goal.to > end)
            throw Error(Error::Kind::setting,
                        "topic " + topic + ", partition " + std::to_string(partition) +
                            " holds the offsets from " + std::to_string(first) + " up to " +
                            std::to_string(end) + ", not " + std::to_string(goal.to));
        return goal;
    }

  private:
    const kafka::ClientSettings kafka_;
    kafka::Admin admin_;
    std::string to_;
    std::optional<std::int64_t> offset_, time_;  // time: milliseconds since 1970
};

std::vector<ProgressRow> progress_of(Transaction& transaction, const std::vector<int>& statements) {
    std::vector<ProgressRow> progress;
    for (const int id : statements)
        for (const postgres::Row& row : transaction.query(
                 "SELECT topic, partition, next_offset, missing_since IS NOT NULL FROM "
                 "tidewheel.progress WHERE "
                 "statement_id = $1 ORDER BY 2",
                 {std::to_string(id)})) {
            progress.push_back(
                {id, row.text(0), static_cast<int>(row.integer(1)), {}, row.boolean(3)});
            if (!row.is_null(2)) progress.back().next_offset = row.integer(2);
        }
    return progress;
}

std::vector<int> ids_of(const std::vector<const catalogue::AppliedStatement*>& statements) {
    std::vector<int> ids;
    for (const catalogue::AppliedStatement* statement : statements)
        ids.push_back(statement->id);
    return ids;
}

std::optional<std::int64_t> told_of(const std::vector<Move>& told, const ProgressRow& progress) {
    for (const Move& move : told)
        if (move.topic == progress.topic && move.partition == progress.partition) return move.to();
    return {};
}

Goals goals_of(const std::vector<ProgressRow>& progress, Position& position,
               std::optional<int> partition, const std::vector<Move>& told) {
    Goals goals;
    for (const ProgressRow& each : progress)
        if (partition.value_or(each.partition) == each.partition)
            goals[{each.topic, each.partition}] =
                position.in(each.topic, each.partition, told_of(told, each));
    if (goals.empty())
        throw Error(Error::Kind::setting, "none of these statements reads partition " +
                                              std::to_string(partition.value_or(0)));
    if (position.is_offset() && goals.size() > 1)
        throw Error(Error::Kind::setting,
                    "an offset has a different meaning in each of " +
                        plural(static_cast<long long>(goals.size()), "partition"),
                    "Add --partition.");
    return goals;
}

// What is read again is judged again.
void clear_the_way(Transaction& transaction, const Move& move) {
    catalogue::forget_missed(transaction, move.statement, move.topic, move.partition,
                             std::min(move.from, move.to()));
    catalogue::forget_skipped(transaction, move.statement, move.partition, move.to());
}

void carry_out(Transaction& transaction, const Move& move, const std::string& reason) {
    catalogue::forget_rebuild(transaction, move.statement);
    clear_the_way(transaction, move);
    if (move.skipped() > 0)
        catalogue::note_skipped(transaction, {move.statement, move.topic, move.partition, move.from,
                                              move.to(), reason});
    catalogue::move_to(transaction, move.statement, move.partition, move.to(), move.goal.first);
}

// Rows that are in the table already were stored by other rules, and ON CONFLICT may keep them.
bool is_empty(Transaction& transaction, const sql::RelationName& table) {
    return transaction.query("SELECT NOT EXISTS (SELECT FROM " + table.quoted() + ")")[0].boolean(
        0);
}

// Those of `told`, or as many as are left of them; all, when `told` is empty.
std::vector<Move> find_moves(Transaction& transaction, const catalogue::Catalogue& catalogue,
                             const std::vector<int>& statements, const ResetRequest& request,
                             Position& position, const std::vector<Move>& told) {
    const std::vector<ProgressRow> progress = progress_of(transaction, statements);
    auto moves =
        moves_of(progress, catalogue, goals_of(progress, position, request.partition, told));
    std::erase_if(moves, [&](const Move& move) {
        return move.is_nothing() || !(told.empty() || was_told(move, told));
    });
    require_once(
        moves, catalogue,
        [&](const catalogue::StoredStatement& stored) {
            return apply::why_not_idempotent(transaction, catalogue.stream(stored.stream_id),
                                             stored);
        },
        request.allow_duplicates);
    return moves;
}

void carry_out(Transaction& transaction, const std::vector<Move>& moves,
               const std::vector<const catalogue::AppliedStatement*>& statements,
               const ResetRequest& request) {
    for (const Move& move : moves)
        carry_out(transaction, move, request.reason);
    if (request.to != "earliest" || request.partition) return;
    for (const catalogue::AppliedStatement* statement : statements)
        if (is_empty(transaction, statement->target))
            catalogue::mark_consistent(transaction, statement->id);
}

}  // namespace

std::vector<Move> find_moves(const Servers& servers, const ResetRequest& request) {
    Position position(servers, request.to);
    std::vector<Move> moves;
    catalogue::change_what_runs(
        servers.database,
        [&](Transaction& transaction, const catalogue::CatalogueRows& catalogue_rows) {
            moves =
                find_moves(transaction, catalogue::read_catalogue(transaction),
                           ids_of(catalogue::find_statements(catalogue_rows, request.statements)),
                           request, position, {});
        });
    return moves;
}

// The moves that the user confirmed, by the present progress, which is locked meanwhile. Kafka is
// asked after the locks were taken: a statement may have passed the end that was shown.
std::vector<Move> reset(const Servers& servers, const ResetRequest& request,
                        const std::vector<Move>& told) {
    Position position(servers, request.to);
    std::vector<Move> moves;
    catalogue::change_what_runs(
        servers.database,
        [&](Transaction& transaction, const catalogue::CatalogueRows& catalogue_rows) {
            const auto statements = catalogue::find_statements(catalogue_rows, request.statements);
            catalogue::fence_off(transaction, statements);
            moves = find_moves(transaction, catalogue::read_catalogue(transaction),
                               ids_of(statements), request, position, told);
            carry_out(transaction, moves, statements, request);
        });
    return moves;
}

std::vector<std::string> warnings_of(const Servers& servers, const std::vector<Move>& moves) {
    kafka::Admin admin(servers.kafka);
    std::set<std::string> topics;
    for (const Move& move : moves)
        if (move.again() > 0) topics.insert(move.topic);
    std::vector<std::string> lines;
    for (const std::string& topic : topics)
        if (admin.is_compacted(topic))
            lines.push_back("topic " + topic +
                            " is compacted: records that compaction has removed are not read "
                            "again");
    return lines;
}

void read_again(const Servers& servers, const std::vector<std::string>& statements) {
    ResetRequest request;
    for (const std::string& statement : statements)
        request.statements.push_back(sql::name_of(statement).text());
    request.to = "earliest";
    request.reason = "lost by the topic before the statement was changed";
    reset(servers, request, {});
}

}  // namespace tidewheel::operate
