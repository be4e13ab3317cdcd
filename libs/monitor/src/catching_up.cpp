#include "tidewheel/monitor/catching_up.hpp"

#include <algorithm>

#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/engine/topic_partition.hpp"
#include "tidewheel/monitor/lag.hpp"

namespace tidewheel::monitor {
namespace {

constexpr std::chrono::milliseconds poll_interval{200};

// Throws where waiting cannot help.
void require_data(const StatementLag& statement) {
    if (statement.topic_is_gone())
        throw Error(Error::Kind::refused,
                    "topic " + statement.topic + " of " + statement.name + " does not exist",
                    "tidewheel status shows the progress of its statements.");
    if (const PartitionLag* broken = statement.missing_data()) {
        const std::string where =  // a lane's own words name it
            broken->missing.empty()
                ? in_words(engine::TopicPartition{statement.topic, broken->partition}) + ": "
                : "";
        throw Error(Error::Kind::refused,
                    statement.name + " cannot continue: " + where + broken->missing_words(),
                    "See docs/how-to/missing-data.md.");
    }
}

// The records that wait for statements that are not paused. Throws Error (refused) where no waiting
// helps: a topic is gone, or data is missing.
std::int64_t total_lag(const std::vector<StatementLag>& all) {
    std::int64_t lag = 0;
    for (const StatementLag& each : all) {
        if (each.paused) continue;
        require_data(each);
        lag += each.lag();
    }
    return lag;
}

}  // namespace

std::set<int> named_statements(postgres::Connection& connection,
                               const std::vector<std::string>& names) {
    std::set<int> ids;
    if (names.empty()) return ids;
    postgres::Transaction transaction(connection);
    const catalogue::CatalogueRows catalogue_rows = catalogue::read_catalogue_rows(transaction);
    for (const std::string& name : names) {
        const std::size_t before = ids.size();
        for (const catalogue::AppliedStatement& statement : catalogue_rows.statements) {
            const catalogue::AppliedStream* stream = catalogue_rows.stream(statement.stream_id);
            if (stream &&
                (stream->topic == name || stream->name.text() == name || stream->name.name == name))
                ids.insert(statement.id);
        }
        if (ids.size() == before)
            ids.insert(catalogue::find_statements(catalogue_rows, {name}).front()->id);
    }
    return ids;
}

bool wait_until_current(postgres::Connection& connection, kafka::Admin& admin,
                        const std::set<int>& only, std::chrono::duration<double> timeout,
                        std::stop_token stop, ProgressSink& progress) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::int64_t lag = total_lag(read_lag(connection, admin, only));
    const std::int64_t first = lag;
    progress.show(0, first);
    while (lag > 0) {
        if (!wait_for(stop, poll_interval)) return false;
        lag = total_lag(read_lag(connection, admin, only));
        progress.show(std::max<std::int64_t>(0, first - lag), first);
        if (lag > 0 && std::chrono::steady_clock::now() >= deadline)
            throw Error(
                Error::Kind::unavailable,
                "still " + plural(lag, "record") + " behind after " +
                    rough_duration(timeout.count()),
                "`tidewheel status --partitions` shows where. Check that the services run.");
    }
    return true;
}

}  // namespace tidewheel::monitor
