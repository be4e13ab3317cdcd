#include "batch_run.hpp"

#include <algorithm>
#include <chrono>

namespace tidewheel::executor {
namespace {

// From then on a record that is refused repeatedly is judged on less evidence.
constexpr std::chrono::seconds old{60};

}  // namespace

void BatchRun::use_path(const std::string& search_path) {
    if (search_path == path) return;
    session.run("SET LOCAL search_path = " + search_path);
    path = search_path;
}

bool BatchRun::is_refused(std::size_t row) const {
    return std::find(result.refused.begin(), result.refused.end(), row) != result.refused.end();
}

bool BatchRun::is_old(int statement, std::size_t row) const {
    const std::int64_t offset = batch.record_of(row).offset;
    return std::any_of(waiting.begin(), waiting.end(), [&](const catalogue::Waiting& each) {
        return each.statement == statement && each.offset == offset &&
               Clock::system().now() - each.since >= old;
    });
}

void BatchRun::rehearse(const std::function<void()>& step) {
    session.run("SAVEPOINT rehearsal; " + stage_range(0, 0));
    step();
    session.run("ROLLBACK TO rehearsal; RELEASE rehearsal");
}

std::function<void()> BatchRun::checkpoint() {
    return [this, parked = result.dead_letters.mark(), refused = result.refused.size(),
            written = result.rows_written] {
        result.dead_letters.back_to(parked);
        result.refused.resize(refused);
        result.rows_written = written;
    };
}

std::string BatchRun::reason_at(std::size_t row, const postgres::DatabaseError& error) const {
    const engine::Record& record = batch.record_of(row);
    return "topic " + plan.stream.stream.topic + ", partition " + std::to_string(record.partition) +
           ", offset " + std::to_string(record.offset) + ": " + error.what();
}

// The command skips everything before the record that its statements have not read: only the first
// record of the batch is sure to have nothing before it.
std::string BatchRun::way_on(std::size_t row, const std::vector<std::string>& names) const {
    const engine::Record& record = batch.record_of(row);
    const std::string tried =
        "It is retried automatically, until PostgreSQL accepts the record or "
        "the record proves to be at fault.";
    if (record.offset != batch.records().front().offset) return tried;
    return tried + " To skip it, run `" +
           catalogue::command_past(names, record.partition, record.offset) + "`.";
}

}  // namespace tidewheel::executor
