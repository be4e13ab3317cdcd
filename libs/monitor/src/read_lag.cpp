#include <algorithm>
#include <chrono>
#include <utility>

#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/monitor/lag.hpp"
#include "tidewheel/postgres/backend_mark.hpp"

namespace tidewheel::monitor {
namespace {

constexpr std::chrono::seconds longest_look{3};  // at the records that wait

// [first, end) can be read; up to `high` somebody has written.
struct OffsetRange {
    std::int64_t first, end, high;
};

// Asks Kafka once for each partition, however many statements read it.
class TopicEnds {
  public:
    explicit TopicEnds(kafka::Admin& admin) : admin_(admin) {}

    int partitions(const std::string& topic) {
        if (!counts_.contains(topic)) counts_[topic] = admin_.partitions(topic).value_or(0);
        return counts_[topic];
    }

    std::optional<OffsetRange> bounds(const std::string& topic, int partition) {
        if (partition >= partitions(topic)) return std::nullopt;
        const auto key = std::pair(topic, partition);
        if (!bounds_.contains(key)) bounds_.emplace(key, ask(topic, partition));
        return bounds_.at(key);
    }

  private:
    // In this order: what is written in between lies beyond `high`, and never looks unreadable.
    OffsetRange ask(const std::string& topic, int partition) {
        const std::int64_t high = admin_.high_watermark(topic, partition);
        const auto [first, end] = admin_.watermarks(topic, partition);
        return {first, end, std::max(end, high)};
    }

    kafka::Admin& admin_;
    std::map<std::string, int> counts_;
    std::map<std::pair<std::string, int>, OffsetRange> bounds_;
};

// An owner counts while its service is there. A statement that has no partition yet has one row.
const std::string progress_query =
    "SELECT s.id, s.name, s.kind, t.topic, p.partition, p.next_offset, p.records, p.rows_written, "
    "p.watermark, CASE WHEN EXISTS (SELECT FROM " +
    std::string(postgres::advisory_locks) +
    " l WHERE l.key = p.owner_session) THEN p.owner END, "
    "(SELECT count(*) FROM tidewheel.dead_letters d WHERE d.stream_id = s.stream_id AND d.topic = "
    "p.topic AND d.partition = p.partition "
    "AND d.missed_by @> ARRAY[s.id] AND d.discarded_at IS NULL), s.paused_at IS NOT NULL, "
    "p.missing, "
    "date_trunc('second', p.missing_since), w.\"offset\", w.reason, s.stream_id, "
    "CASE WHEN p.seen_at > clock_timestamp() - interval '1 minute' THEN extract(epoch FROM "
    "p.latency_p50)::float8 END, extract(epoch FROM p.latency_p99)::float8 "
    "FROM tidewheel.statements s JOIN tidewheel.streams t ON t.id = s.stream_id "
    "LEFT JOIN tidewheel.progress p ON p.statement_id = s.id "
    "LEFT JOIN tidewheel.waiting w ON w.statement_id = p.statement_id AND w.topic = p.topic AND "
    "w.partition = p.partition AND w.\"offset\" >= p.next_offset "
    "WHERE s.rebuilds IS NULL ORDER BY s.name, p.partition";

void measure(PartitionLag& lag, const std::optional<OffsetRange>& bounds) {
    if (!bounds) return;
    lag.first_offset = bounds->first;
    lag.end_offset = bounds->end;
    lag.lag = std::max<std::int64_t>(
        0, bounds->end - std::max(lag.next_offset.value_or(0), bounds->first));
    lag.unreadable = bounds->high - bounds->end;
}

PartitionLag read_partition(const postgres::Row& row) {
    PartitionLag lag;
    lag.partition = static_cast<int>(row.integer(4));
    if (!row.is_null(5)) lag.next_offset = row.integer(5);
    lag.records = row.integer(6);
    lag.rows_written = row.integer(7);
    lag.watermark = row.text_or(8, "");
    lag.owner = row.text_or(9, "");
    lag.missing = row.text_or(12, "");
    lag.missing_since = row.text_or(13, "");
    if (!row.is_null(14)) lag.waits_at = row.integer(14);
    lag.refusal = row.text_or(15, "");
    if (!lag.owner.empty() && !row.is_null(17)) lag.latency = {row.number(17), row.number(18)};
    return lag;
}

bool is_known(const StatementLag& lag, int partition) {
    return std::any_of(lag.partitions.begin(), lag.partitions.end(),
                       [&](const PartitionLag& each) { return each.partition == partition; });
}

// Partitions that the topic has gained have no progress before a service claims them, which it does
// within seconds: until then nothing of them has begun.
void add_unclaimed(StatementLag& lag, const catalogue::Catalogue& catalogue, TopicEnds& ends) {
    const catalogue::StoredStatement* stored = catalogue.find_statement(lag.name);
    if (!stored) return;
    for (int partition = 0; partition < ends.partitions(lag.topic); ++partition) {
        if (is_known(lag, partition) ||
            !executor::reads(*stored, catalogue.stream(stored->stream_id), partition))
            continue;
        PartitionLag unclaimed;
        unclaimed.partition = partition;
        measure(unclaimed, ends.bounds(lag.topic, partition));
        lag.partitions.push_back(std::move(unclaimed));
    }
}

std::vector<StatementLag> read_stored(postgres::Connection& connection, const std::set<int>& only) {
    std::vector<StatementLag> statements;
    for (const postgres::Row& row : connection.query(progress_query)) {
        const int id = static_cast<int>(row.integer(0));
        if (!only.empty() && !only.contains(id)) continue;
        if (statements.empty() || statements.back().id != id)
            statements.push_back({id,
                                  row.text(1),
                                  row.text(2),
                                  row.text(3),
                                  {},
                                  0,
                                  row.boolean(11),
                                  {},
                                  static_cast<int>(row.integer(16))});
        if (row.is_null(4)) continue;
        statements.back().partitions.push_back(read_partition(row));
        statements.back().dead_letters += row.integer(10);
    }
    const auto verified = catalogue::last_verifications(connection);
    for (StatementLag& each : statements)
        if (const auto found = verified.find(each.id); found != verified.end())
            each.verified = found->second;
    return statements;
}

std::vector<StatementLag> read_once(postgres::Connection& connection, kafka::Admin& admin,
                                    const std::set<int>& only) {
    TopicEnds ends(admin);
    std::vector<StatementLag> statements = read_stored(connection, only);
    for (StatementLag& each : statements) {
        each.topic_exists = ends.partitions(each.topic) > 0;
        for (PartitionLag& partition : each.partitions)
            measure(partition, ends.bounds(each.topic, partition.partition));
    }
    const catalogue::Share share = catalogue::read_share(connection);
    const bool has_gained = std::ranges::any_of(statements, [&](const StatementLag& each) {
        return share.count(ends.partitions(each.topic)) > static_cast<int>(each.partitions.size());
    });
    if (!has_gained) return statements;
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(connection);
    for (StatementLag& each : statements)
        add_unclaimed(each, catalogue, ends);
    return statements;
}

}  // namespace

// PostgreSQL and Kafka are asked one after the other: records that were applied and deleted in
// between only look missing, and not a second time.
std::vector<StatementLag> read_lag(postgres::Connection& connection, kafka::Admin& admin,
                                   const std::set<int>& only) {
    std::vector<StatementLag> statements = read_once(connection, admin, only);
    const bool is_suspicious = std::any_of(
        statements.begin(), statements.end(),
        [](const StatementLag& statement) { return statement.missing_data() != nullptr; });
    return is_suspicious ? read_once(connection, admin, only) : statements;
}

std::vector<StatementLag> read_progress(postgres::Connection& connection,
                                        const std::set<int>& only) {
    std::vector<StatementLag> statements = read_stored(connection, only);
    for (StatementLag& each : statements)
        each.ends_known = false;
    return statements;
}

// A client reads one place of a partition at a time: statements that wait at different offsets of
// it get their answers in rounds, as long as there is time.
void read_waiting_ages(std::vector<StatementLag>& statements, const kafka::ClientSettings& kafka) {
    using Offsets = std::map<kafka::TopicPartition, std::int64_t>;
    const auto deadline = std::chrono::steady_clock::now() + longest_look;
    for (bool more = true; more && std::chrono::steady_clock::now() < deadline;) {
        Offsets wanted;
        const auto offset_of = [](const PartitionLag& partition) {
            return std::max(*partition.next_offset, *partition.first_offset);
        };
        more = false;
        for (const StatementLag& each : statements)
            for (const PartitionLag& partition : each.partitions)
                if (partition.lag > 0 && partition.next_offset && !partition.waiting_age)
                    wanted.try_emplace({each.topic, partition.partition}, offset_of(partition));
        const Offsets times = kafka::times_at(kafka, wanted, longest_look);
        const auto now =
            std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        for (StatementLag& each : statements)
            for (PartitionLag& partition : each.partitions) {
                const auto time = times.find({each.topic, partition.partition});
                if (time == times.end() || partition.lag == 0 || !partition.next_offset ||
                    offset_of(partition) != wanted.at(time->first))
                    continue;
                partition.waiting_age =
                    std::max(0.0, now - static_cast<double>(time->second) / 1000);
                more = true;
            }
    }
}

std::map<int, StatementWork> read_work(postgres::Connection& connection) {
    std::map<int, StatementWork> work;
    for (const postgres::Row& row :
         connection.query("SELECT statement_id, sum(records), sum(rows_written) FROM "
                          "tidewheel.progress GROUP BY 1"))
        work[static_cast<int>(row.integer(0))] = {row.integer(1), row.integer(2)};
    return work;
}

}  // namespace tidewheel::monitor
