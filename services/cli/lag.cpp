#include "cli/lag.hpp"

#include <algorithm>
#include <utility>

#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::cli {
namespace {

// [first, end) can be read; up to `high` somebody has written.
struct Bounds {
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

    std::optional<Bounds> bounds(const std::string& topic, int partition) {
        if (partition >= partitions(topic)) return std::nullopt;
        const auto key = std::pair(topic, partition);
        if (!bounds_.contains(key)) bounds_.emplace(key, ask(topic, partition));
        return bounds_.at(key);
    }

  private:
    Bounds ask(const std::string& topic, int partition) {
        const auto [first, end] = admin_.watermarks(topic, partition);
        return {first, end, std::max(end, admin_.high_watermark(topic, partition))};
    }

    kafka::Admin& admin_;
    std::map<std::string, int> counts_;
    std::map<std::pair<std::string, int>, Bounds> bounds_;
};

// An owner counts while its backend is alive; a role that may not see when the backend started goes
// by its number.
constexpr auto progress_query =
    "SELECT s.id, s.name, s.kind, p.topic, p.partition, p.next_offset, p.records, p.rows_written, "
    "extract(epoch FROM clock_timestamp() - p.record_time)::float8, p.watermark, "
    "CASE WHEN a.pid IS NOT NULL THEN p.owner END, "
    "(SELECT count(*) FROM tidewheel.dead_letters d WHERE d.stream_id = s.stream_id AND d.topic = "
    "p.topic AND d.partition = p.partition "
    "AND d.missed_by @> ARRAY[s.id] AND d.discarded_at IS NULL), s.paused_at IS NOT NULL "
    "FROM tidewheel.statements s JOIN tidewheel.progress p ON p.statement_id = s.id "
    "LEFT JOIN pg_stat_activity a ON a.pid = p.owner_pid AND "
    "coalesce(a.backend_start, p.owner_started) = p.owner_started WHERE s.rebuilds IS NULL ORDER "
    "BY "
    "s.name, p.topic, p.partition";

void measure(PartitionLag& lag, const std::optional<Bounds>& bounds) {
    if (!bounds) return;
    lag.first_offset = bounds->first;
    lag.end_offset = bounds->end;
    lag.lag = std::max<std::int64_t>(
        0, bounds->end - std::max(lag.next_offset.value_or(0), bounds->first));
    lag.unreadable = bounds->high - bounds->end;
}

PartitionLag read_partition(const postgres::Row& row, TopicEnds& ends) {
    PartitionLag lag;
    lag.partition = static_cast<int>(row.integer(4));
    if (!row.is_null(5)) lag.next_offset = row.integer(5);
    lag.records = row.integer(6);
    lag.rows_written = row.integer(7);
    if (!row.is_null(8)) lag.record_age = row.number(8);
    lag.watermark = row.text_or(9, "");
    lag.owner = row.text_or(10, "");
    measure(lag, ends.bounds(row.text(3), lag.partition));
    return lag;
}

bool is_known(const StatementLag& lag, int partition) {
    return std::any_of(lag.partitions.begin(), lag.partitions.end(),
                       [&](const PartitionLag& each) { return each.partition == partition; });
}

// Partitions that the topic has gained have no progress before a service claims them, which it does
// within minutes: until then nothing of them has begun.
void add_unclaimed(StatementLag& lag, const postgres::Catalogue& catalogue, TopicEnds& ends) {
    const postgres::StoredStatement* stored = catalogue.find_statement(lag.name);
    if (!stored) return;
    for (int partition = 0; partition < ends.partitions(lag.topic); ++partition) {
        if (is_known(lag, partition) ||
            !postgres::reads(*stored, catalogue.stream(stored->stream_id), partition))
            continue;
        PartitionLag unclaimed;
        unclaimed.partition = partition;
        measure(unclaimed, ends.bounds(lag.topic, partition));
        lag.partitions.push_back(std::move(unclaimed));
    }
}

std::vector<StatementLag> read_once(postgres::Connection& connection, kafka::Admin& admin) {
    std::vector<StatementLag> statements;
    TopicEnds ends(admin);
    for (const postgres::Row& row : connection.query(progress_query)) {
        const int id = static_cast<int>(row.integer(0));
        if (statements.empty() || statements.back().id != id)
            statements.push_back(
                {id, row.text(1), row.text(2), row.text(3), {}, 0, row.boolean(12)});
        statements.back().partitions.push_back(read_partition(row, ends));
        statements.back().dead_letters += row.integer(11);
    }
    const bool has_gained =
        std::any_of(statements.begin(), statements.end(), [&](const StatementLag& each) {
            return ends.partitions(each.topic) > static_cast<int>(each.partitions.size());
        });
    if (!has_gained) return statements;
    const postgres::Catalogue catalogue = postgres::load_catalogue(connection);
    for (StatementLag& each : statements)
        add_unclaimed(each, catalogue, ends);
    return statements;
}

}  // namespace

bool PartitionLag::data_is_missing() const {
    return next_offset && end_offset &&
           (*next_offset < *first_offset || *next_offset > *end_offset);
}

std::int64_t StatementLag::lag() const {
    std::int64_t sum = 0;
    for (const PartitionLag& partition : partitions)
        sum += partition.lag;
    return sum;
}

Work StatementLag::work() const {
    Work sum;
    for (const PartitionLag& partition : partitions) {
        sum.records += partition.records;
        sum.rows += partition.rows_written;
    }
    return sum;
}

bool StatementLag::topic_is_gone() const {
    return std::any_of(partitions.begin(), partitions.end(),
                       [](const PartitionLag& partition) { return !partition.end_offset; });
}

const PartitionLag* StatementLag::missing_data() const {
    const auto found =
        std::find_if(partitions.begin(), partitions.end(),
                     [](const PartitionLag& partition) { return partition.data_is_missing(); });
    return found == partitions.end() ? nullptr : &*found;
}

bool StatementLag::waits_for_transaction() const {
    return lag() == 0 &&
           std::any_of(partitions.begin(), partitions.end(),
                       [](const PartitionLag& partition) { return partition.unreadable > 0; });
}

// The stalest partition decides; one that has everything is as fresh as can be, however old its
// last record is. What waits came after the newest record applied, so its age is a bound.
std::optional<double> StatementLag::freshness() const {
    double worst = 0;
    for (const PartitionLag& partition : partitions) {
        if (partition.lag == 0) continue;
        if (!partition.record_age) return std::nullopt;
        worst = std::max(worst, *partition.record_age);
    }
    return worst;
}

// PostgreSQL and Kafka are asked one after the other: records that were applied and deleted in
// between only look missing, and not a second time.
std::vector<StatementLag> read_lag(postgres::Connection& connection, kafka::Admin& admin) {
    std::vector<StatementLag> statements = read_once(connection, admin);
    const bool is_suspicious = std::any_of(
        statements.begin(), statements.end(),
        [](const StatementLag& statement) { return statement.missing_data() != nullptr; });
    return is_suspicious ? read_once(connection, admin) : statements;
}

std::map<int, Work> read_work(postgres::Connection& connection) {
    std::map<int, Work> work;
    for (const postgres::Row& row :
         connection.query("SELECT statement_id, sum(records), sum(rows_written) FROM "
                          "tidewheel.progress GROUP BY 1"))
        work[static_cast<int>(row.integer(0))] = {row.integer(1), row.integer(2)};
    return work;
}

}  // namespace tidewheel::cli
