#include "cli/lag_reasons.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/table.hpp"
#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Row;

constexpr double soon = 5;  // seconds in which a batch is usually done
constexpr std::size_t most_shown = 80;
constexpr std::string_view forbidden = "42501", locked = "55P03";  // PostgreSQL's codes

// What PostgreSQL knows of the session that acts for a lane.
struct Session {
    bool alive = false;
    std::string owner;               // the last one, alive or not; empty: never claimed
    std::string state, wait;         // as pg_stat_activity has them
    std::string query;               // the last one
    double state_age = 0;            // seconds
    std::string blocker;             // who holds the lock that it waits for; empty: nobody
    std::optional<double> seen_age;  // seconds since the owner last wrote the progress
};

using Place = std::pair<int, int>;  // statement, partition

// A role that may not see others' sessions sees that they are there, and no more.
constexpr auto sessions_query =
    "SELECT p.statement_id, p.partition, a.pid IS NOT NULL, coalesce(p.owner, ''), "
    "coalesce(a.state, ''), coalesce(a.wait_event_type || '/' || a.wait_event, ''), "
    "coalesce(a.query, ''), "
    "coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, "
    "coalesce((SELECT format('backend %s (%s, role %s, %s): %s', b.pid, "
    "coalesce(nullif(b.application_name, ''), 'no application name'), b.usename, b.state, b.query) "
    "FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid)) ORDER BY b.xact_start "
    "LIMIT 1), ''), extract(epoch FROM clock_timestamp() - p.seen_at)::float8 "
    "FROM tidewheel.progress p LEFT JOIN pg_stat_activity a ON a.pid = p.owner_pid AND "
    "coalesce(a.backend_start, p.owner_started) = p.owner_started";

std::map<Place, Session> read_sessions(postgres::Connection& connection) {
    std::map<Place, Session> sessions;
    for (const Row& row : connection.query(sessions_query)) {
        Session session{row.boolean(2), row.text(3),   row.text(4), row.text(5),
                        row.text(6),    row.number(7), row.text(8), {}};
        if (!row.is_null(9)) session.seen_age = row.number(9);
        sessions[{static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))}] =
            std::move(session);
    }
    return sessions;
}

std::map<int, std::string> read_pauses(postgres::Connection& connection) {
    std::map<int, std::string> paused;
    for (const Row& row :
         connection.query("SELECT id, date_trunc('second', paused_at) FROM tidewheel.statements "
                          "WHERE paused_at IS NOT NULL"))
        paused[static_cast<int>(row.integer(0))] = row.text(1);
    return paused;
}

// By name: what PostgreSQL has against running it, as the services find out, too. Nothing is known
// of it while something else is locked: that shows in the owners' sessions. Nor by a role that may
// not even try.
std::map<std::string, postgres::StoppedStatement> try_statements(postgres::Connection& connection) {
    const postgres::Catalogue catalogue = postgres::load_catalogue(connection);
    std::map<std::string, postgres::StoppedStatement> stopped;
    for (const auto kind : {postgres::StatementKind::rows, postgres::StatementKind::view})
        try {
            for (auto& each : postgres::plan_streams(connection, catalogue, kind).stopped)
                stopped.emplace(each.name, each);
        } catch (const postgres::DatabaseError& error) {
            if (error.sqlstate() == forbidden) continue;
            if (!error.retryable() || error.sqlstate().empty()) throw;
        }
    return stopped;
}

std::string service_of(const StatementLag& lag) {
    return lag.kind == "view" ? "tidewheel-aggregator" : "tidewheel-worker";
}

class Explanation {
  public:
    Explanation(postgres::Connection& connection, const std::vector<Observed>& statements)
        : statements_(statements),
          sessions_(read_sessions(connection)),
          paused_(read_pauses(connection)),
          stopped_(try_statements(connection)),
          read_only_(connection
                         .query("SELECT pg_is_in_recovery() OR "
                                "current_setting('transaction_read_only')::boolean")
                         .at(0)
                         .boolean(0)) {}

    std::vector<LagReason> explain() {
        for (const Observed& each : statements_)
            if (!explain_whole(each.lag)) explain_partitions(each);
        return std::move(reasons_);
    }

  private:
    // What holds for all partitions alike.
    bool explain_whole(const StatementLag& lag) {
        if (const auto since = paused_.find(lag.id); since != paused_.end())
            add(lag, {}, "paused", "paused since " + since->second,
                "tidewheel resume " + lag.name + ": it goes on where it stopped");
        else if (const auto* stopped = stopped_for_all(lag))
            add(lag, {}, "stopped", "PostgreSQL won't run it as things are: " + stopped->reason,
                stopped->hint);
        else if (lag.topic_is_gone())
            add(lag, {}, "topic_gone", "topic " + lag.topic + " or a partition of it is gone",
                "docs/how-to/missing-data.md says what to do");
        else
            return false;
        return true;
    }

    // What is forbidden to us may be allowed to the services, and what is locked now will be free.
    const postgres::StoppedStatement* stopped_for_all(const StatementLag& lag) const {
        const auto found = stopped_.find(lag.name);
        if (found == stopped_.end()) return nullptr;
        const std::string& state = found->second.sqlstate;
        return state == forbidden || state == locked ? nullptr : &found->second;
    }

    void explain_ignorance(const StatementLag& lag) {
        const auto found = stopped_.find(lag.name);
        if (found != stopped_.end() && found->second.sqlstate == forbidden && lag.lag() > 0)
            add(lag, {}, "not_tried",
                "this role can't tell whether PostgreSQL would run it: " + found->second.reason,
                "ask as the role that the services have; if it is this one, GRANT it that");
    }

    void explain_partitions(const Observed& each) {
        explain_ignorance(each.lag);
        for (const PartitionLag& partition : each.lag.partitions) {
            if (partition.data_is_missing())
                explain_missing(each.lag, partition);
            else if (partition.lag > 0)
                explain_lag(each, partition, sessions_[{each.lag.id, partition.partition}]);
            if (partition.unreadable > 0) explain_open_transaction(each.lag, partition);
        }
    }

    void explain_missing(const StatementLag& lag, const PartitionLag& partition) {
        add(lag, {partition.partition}, "data_missing",
            "it is to read offset " + std::to_string(*partition.next_offset) +
                ", and the topic holds those from " + std::to_string(*partition.first_offset) +
                " up to " + std::to_string(*partition.end_offset),
            "docs/how-to/missing-data.md says what to do");
    }

    void explain_open_transaction(const StatementLag& lag, const PartitionLag& partition) {
        add(lag, {partition.partition}, "open_transaction",
            "a producer's transaction is open since offset " +
                std::to_string(*partition.end_offset) + ": " +
                plural(partition.unreadable, "offset") + " can't be read before it ends",
            "kafka-transactions.sh --find-hanging names its producer; the broker aborts it after "
            "the producer's transaction.timeout.ms");
    }

    // The first that holds is the one to look at.
    void explain_lag(const Observed& each, const PartitionLag& partition, const Session& session) {
        const StatementLag& lag = each.lag;
        const std::vector<int> here{partition.partition};
        if (!session.alive) return explain_absence(lag, partition, session);
        if (!session.blocker.empty())
            return add(lag, here, "locked",
                       session.owner + " waits for a lock, held by " +
                           shorten(session.blocker, 2 * most_shown),
                       "end what holds it, or wait: nothing is lost");
        if (session.wait == "Client/ClientRead" && session.state != "idle" &&
            session.state_age > soon)
            return add(lag, here, "frozen",
                       session.owner + " has stopped in the middle of a batch " +
                           rough_duration(std::floor(session.state_age)) + " ago",
                       "start it again: the next owner ends its session, and nothing is doubled");
        if (session.state == "active" && session.state_age > soon)
            return add(lag, here, "slow",
                       "PostgreSQL has been at work on one step of a batch for " +
                           rough_duration(std::floor(session.state_age)) + ": " +
                           shorten(session.query, most_shown),
                       "an index that the statement's joins lack is the usual cause");
        if (const StatementLag* first = read_before(lag, partition))
            return add(lag, here, "behind_neighbour",
                       session.owner + " reads what " + first->name +
                           " has not had yet, before it goes on here",
                       "");
        explain_pace(each, here, session);
    }

    void explain_absence(const StatementLag& lag, const PartitionLag& partition,
                         const Session& session) {
        const std::string ask =
            "does " + service_of(lag) + " run, with this database, this Kafka and its group?";
        if (read_only_)
            add(lag, {partition.partition}, "read_only",
                "PostgreSQL takes no writes: it is a standby, or "
                "default_transaction_read_only is on",
                "the services go on by themselves when it does");
        else if (session.owner.empty())
            add(lag, {partition.partition}, "no_owner", "nobody has taken it up yet", ask);
        else if (lives_elsewhere(session.owner, lag))
            add(lag, {partition.partition}, "left_out",
                "left out by its service, which runs others",
                "/readyz of " + session.owner +
                    " says why, and so does its log; it is tried again, and catches up");
        else
            add(lag, {partition.partition}, "no_owner",
                "its owner " + session.owner + " is gone, and nobody has taken over", ask);
    }

    // At another statement of the same lanes.
    bool lives_elsewhere(const std::string& owner, const StatementLag& lag) const {
        return std::ranges::any_of(statements_, [&](const Observed& each) {
            return each.lag.id != lag.id && each.lag.topic == lag.topic &&
                   each.lag.kind == lag.kind &&
                   std::ranges::any_of(each.lag.partitions, [&](const PartitionLag& partition) {
                       return partition.owner == owner;
                   });
        });
    }

    void explain_pace(const Observed& each, const std::vector<int>& here, const Session& session) {
        if (session.seen_age && *session.seen_age > soon)
            return add(each.lag, here, "no_progress",
                       session.owner + " is there, and has committed nothing for " +
                           rough_duration(std::floor(*session.seen_age)),
                       "its log and /readyz say why");
        if (each.records_per_second >= 1)
            return add(each.lag, {}, "catching_up",
                       "it is at work: " + grouped(std::llround(each.records_per_second)) +
                           " records/s, " + grouped(each.lag.lag()) + " to go, about " +
                           rough_duration(std::ceil(static_cast<double>(each.lag.lag()) /
                                                    each.records_per_second)) +
                           " if no more came",
                       "");
        add(each.lag, here, "arriving", "the records have only just arrived", "");
    }

    // A lane reads on from the lowest offset of its statements: one that fills itself from the
    // topic's beginning goes first.
    const StatementLag* read_before(const StatementLag& lag, const PartitionLag& partition) {
        const StatementLag* first = nullptr;
        for (const Observed& each : statements_) {
            if (each.lag.id == lag.id || each.lag.topic != lag.topic || each.lag.kind != lag.kind)
                continue;
            if (paused_.contains(each.lag.id) || stopped_for_all(each.lag)) continue;
            for (const PartitionLag& other : each.lag.partitions)
                if (other.partition == partition.partition &&
                    other.next_offset < partition.next_offset)
                    first = &each.lag;
        }
        return first;
    }

    // What several partitions have in common is said once.
    void add(const StatementLag& lag, std::vector<int> partitions, const std::string& code,
             std::string what, std::string hint) {
        LagReason reason{lag.id, std::move(partitions), code, std::move(what), std::move(hint)};
        const auto same = std::ranges::find_if(
            reasons_, [&](const LagReason& each) { return each.says_as(reason); });
        if (same == reasons_.end())
            reasons_.push_back(std::move(reason));
        else
            same->partitions.insert(same->partitions.end(), reason.partitions.begin(),
                                    reason.partitions.end());
    }

    const std::vector<Observed>& statements_;
    std::map<Place, Session> sessions_;
    std::map<int, std::string> paused_;
    std::map<std::string, postgres::StoppedStatement> stopped_;
    bool read_only_;
    std::vector<LagReason> reasons_;
};

}  // namespace

std::vector<LagReason> reasons_of_lag(postgres::Connection& connection,
                                      const std::vector<Observed>& statements) {
    return Explanation(connection, statements).explain();
}

}  // namespace tidewheel::cli
