#include "tidewheel/monitor/lag_diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tidewheel/catalogue/waiting.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::monitor {
namespace {

using postgres::sqlstate::insufficient_privilege;
using postgres::sqlstate::lock_not_available;

constexpr double soon = 5;  // seconds in which a batch is usually done
constexpr std::size_t most_shown = 80;

std::string service_of(const StatementLag& lag) {
    return lag.kind == "view" ? "tidewheel-aggregator" : "tidewheel-worker";
}

// The services may have a privilege that we lack, and a lock that is held now will be released.
const executor::QuarantinedStatement* quarantined_for_all(const LagSnapshot& snapshot,
                                                          const StatementLag& lag) {
    const auto found = snapshot.quarantined.find(lag.name);
    if (found == snapshot.quarantined.end()) return nullptr;
    const std::string& state = found->second.sqlstate;
    return state == insufficient_privilege || state == lock_not_available ? nullptr
                                                                          : &found->second;
}

OwnerActivity activity_of(const LagSnapshot& snapshot, const StatementLag& lag,
                          const PartitionLag& partition) {
    const auto found = snapshot.activities.find({lag.id, partition.partition});
    return found == snapshot.activities.end() ? OwnerActivity() : found->second;
}

// Each stream has lanes of its own, also where another one reads its topic.
bool may_share_lanes(const StatementLag& one, const StatementLag& other) {
    return one.id != other.id && one.stream == other.stream;
}

// At another statement of the same lanes.
bool lives_elsewhere(const LagSnapshot& snapshot, const std::string& owner,
                     const StatementLag& lag) {
    return std::ranges::any_of(snapshot.statements, [&](const Observed& each) {
        return may_share_lanes(each.lag, lag) &&
               std::ranges::any_of(each.lag.partitions, [&](const PartitionLag& partition) {
                   return partition.owner == owner;
               });
    });
}

// A lane continues from the lowest offset of its statements: one that reads the topic from its
// beginning goes first.
const StatementLag* read_before(const LagSnapshot& snapshot, const StatementLag& lag,
                                const PartitionLag& partition) {
    const StatementLag* first = nullptr;
    for (const Observed& each : snapshot.statements) {
        if (!may_share_lanes(each.lag, lag)) continue;
        if (snapshot.paused_since.contains(each.lag.id) || quarantined_for_all(snapshot, each.lag))
            continue;
        for (const PartitionLag& other : each.lag.partitions)
            if (other.partition == partition.partition &&
                (each.lag.kind == lag.kind ||
                 (!partition.owner.empty() && other.owner == partition.owner)) &&
                other.next_offset < partition.next_offset)
                first = &each.lag;
    }
    return first;
}

class LagDiagnosis {
  public:
    explicit LagDiagnosis(const LagSnapshot& snapshot) : snapshot_(snapshot) {}

    std::vector<LagReason> explain() {
        for (const Observed& each : snapshot_.statements) {
            explain_others(each.lag);
            if (!explain_whole(each.lag)) explain_partitions(each);
        }
        return std::move(reasons_);
    }

  private:
    // Other deployments that are in the way of this one.
    void explain_others(const StatementLag& lag) {
        if (const auto found = snapshot_.strangers.find(lag.kind);
            found != snapshot_.strangers.end())
            for (const Stranger& each : found->second)
                add(lag, {}, "stranger", each.text(), Stranger::hint());
        for (const catalogue::Rivalry& each : snapshot_.rivalries)
            if (each.statement == lag.id)
                add(lag, {each.partition}, "contested", each.text(), catalogue::Rivalry::hint());
    }

    // What holds for all partitions alike.
    bool explain_whole(const StatementLag& lag) {
        if (const auto since = snapshot_.paused_since.find(lag.id);
            since != snapshot_.paused_since.end())
            add(lag, {}, "paused", "paused since " + since->second,
                "Run `tidewheel resume " + lag.name + "`; it continues where it stopped.");
        else if (const auto* statement = quarantined_for_all(snapshot_, lag))
            add(lag, {}, "stopped",
                "quarantined: PostgreSQL refuses to run it: " + statement->reason, statement->hint);
        else if (lag.topic_is_gone())
            add(lag, {}, "topic_gone",
                "topic " + lag.topic + " or a partition of it does not exist",
                "See docs/how-to/missing-data.md.");
        else if (lag.partitions.empty() && lag.ends_known)
            add(lag, {}, "no_partition",
                "it reads no partition of topic " + lag.topic + " in this database",
                "See docs/how-to/several-databases.md.");
        else
            return false;
        return true;
    }

    void explain_ignorance(const StatementLag& lag) {
        const auto found = snapshot_.quarantined.find(lag.name);
        if (found != snapshot_.quarantined.end() &&
            found->second.sqlstate == insufficient_privilege && lag.lag() > 0)
            add(lag, {}, "not_tried",
                "this role cannot find out whether PostgreSQL would run it: " +
                    found->second.reason,
                "Ask as the services' role; if it is this one, grant it what it lacks.");
    }

    void explain_partitions(const Observed& each) {
        explain_ignorance(each.lag);
        for (const PartitionLag& partition : each.lag.partitions) {
            if (partition.data_is_missing())
                explain_missing(each.lag, partition);
            else if (partition.waits_at)
                explain_refusal(each.lag, partition);
            else if (partition.lag > 0)
                explain_lag(each, partition, activity_of(snapshot_, each.lag, partition));
            if (partition.unreadable > 0) explain_open_transaction(each.lag, partition);
        }
    }

    void explain_missing(const StatementLag& lag, const PartitionLag& partition) {
        add(lag, {partition.partition}, "data_missing",
            (partition.missing_since.empty() ? ""
                                             : "stopped since " + partition.missing_since + ": ") +
                partition.missing_words(),
            "Set where it continues with `tidewheel reset`. See docs/how-to/missing-data.md.");
    }

    void explain_refusal(const StatementLag& lag, const PartitionLag& partition) {
        add(lag, {partition.partition}, "refused_record", words_of_refusal(partition),
            way_past_refusal(lag, partition));
    }

    void explain_open_transaction(const StatementLag& lag, const PartitionLag& partition) {
        add(lag, {partition.partition}, "open_transaction",
            "a producer's transaction is open since offset " +
                std::to_string(*partition.end_offset) + ": " +
                plural(partition.unreadable, "offset") + " cannot be read until it ends",
            "kafka-transactions.sh --find-hanging names its producer; the broker aborts it after "
            "the producer's transaction.timeout.ms.");
    }

    // The first reason that applies is the one to report.
    void explain_lag(const Observed& each, const PartitionLag& partition,
                     const OwnerActivity& owner) {
        const StatementLag& lag = each.lag;
        const std::vector<int> here{partition.partition};
        if (!owner.alive) return explain_absence(lag, partition, owner);
        if (!owner.blocker.empty())
            return add(
                lag, here, "locked",
                owner.name + " waits for a lock, held by " + shorten(owner.blocker, 2 * most_shown),
                "End what holds it, or wait; no data is lost.");
        if (owner.wait == "Client/ClientRead" && owner.state != "idle" && owner.state_age > soon)
            return add(lag, here, "frozen",
                       owner.name + " has stopped in the middle of a batch " +
                           rough_duration(std::floor(owner.state_age)) + " ago",
                       "Restart it; the next owner ends its session, and nothing is stored twice.");
        if (owner.state == "active" && owner.state_age > soon)
            return add(lag, here, "slow",
                       "PostgreSQL has been running one step of a batch for " +
                           rough_duration(std::floor(owner.state_age)) + ": " +
                           shorten(owner.query, most_shown),
                       "The usual cause is a missing index for the statement's joins.");
        if (const StatementLag* first = read_before(snapshot_, lag, partition))
            return add(lag, here, "behind_neighbour",
                       owner.name + " must first catch up with the records that " + first->name +
                           " has not read yet",
                       "");
        explain_pace(each, here, owner);
    }

    void explain_absence(const StatementLag& lag, const PartitionLag& partition,
                         const OwnerActivity& owner) {
        const std::string ask = "Check that " + service_of(lag) +
                                " or tidewheel run is running, with this database, this Kafka and "
                                "this group.";
        if (snapshot_.is_read_only)
            add(lag, {partition.partition}, "read_only",
                "PostgreSQL accepts no writes: it is a standby, or "
                "default_transaction_read_only is on",
                "The services continue when writes are possible again.");
        else if (owner.name.empty())
            add(lag, {partition.partition}, "no_owner", "it is not assigned to any service yet",
                ask);
        else if (lives_elsewhere(snapshot_, owner.name, lag))
            add(lag, {partition.partition}, "left_out",
                "quarantined by its service, which runs others",
                "/readyz of " + owner.name +
                    " says why, and so does its log; it is retried, and then catches up.");
        else
            add(lag, {partition.partition}, "no_owner",
                "its owner " + owner.name + " is gone, and no other service has taken over", ask);
    }

    void explain_pace(const Observed& each, const std::vector<int>& here,
                      const OwnerActivity& owner) {
        if (owner.seen_age && *owner.seen_age > soon)
            return add(each.lag, here, "no_progress",
                       owner.name + " is connected but has committed nothing for " +
                           rough_duration(std::floor(*owner.seen_age)),
                       "Its log and /readyz say why.");
        if (each.records_per_second >= 1)
            return add(each.lag, {}, "catching_up",
                       "catching up: " + grouped(std::llround(each.records_per_second)) +
                           " records/s, " + grouped(each.lag.lag()) + " to go, about " +
                           rough_duration(std::ceil(static_cast<double>(each.lag.lag()) /
                                                    each.records_per_second)) +
                           " if no more arrive",
                       "");
        add(each.lag, here, "arriving", "the records have just arrived", "");
    }

    // A reason that several partitions share is reported once.
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

    const LagSnapshot& snapshot_;
    std::vector<LagReason> reasons_;
};

}  // namespace

std::string words_of_refusal(const PartitionLag& partition) {
    return "it waits at offset " + std::to_string(*partition.waits_at) +
           "; it is not known yet whether the record or something that the statement uses is to "
           "blame: " +
           partition.refusal;
}

// Only where its progress is at the record itself does the command skip that record alone.
std::string way_past_refusal(const StatementLag& lag, const PartitionLag& partition) {
    const std::string fix = "Fix what PostgreSQL reports, and it continues automatically.";
    if (partition.next_offset != partition.waits_at) return fix;
    return fix + " To skip the record, run `" +
           catalogue::command_past({lag.name}, partition.partition, *partition.waits_at) + "`.";
}

std::vector<LagReason> diagnose(const LagSnapshot& snapshot) {
    return LagDiagnosis(snapshot).explain();
}

}  // namespace tidewheel::monitor
