#include "tidewheel/runtime/lane_runner.hpp"

#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using telemetry::Level;

LaneRunner::LaneRunner(const Settings& settings, const std::string& program,
                       const postgres::StreamPlan& plan, postgres::LaneClaim claim,
                       std::unique_ptr<engine::RecordSource> source, LaneMetrics metrics)
    : claim_(std::move(claim)),
      metrics_(std::move(metrics)),
      source_(std::move(source)),
      decoder_(codec::make_json_decoder(plan.schema)),
      batch_(plan.schema),
      writer_(settings.database, program + " " + label(), plan, claim_),
      lane_(*source_, *decoder_, writer_, batch_, *this,
            {settings.batch_rows, settings.batch_bytes, settings.linger, settings.retry_longest}) {
    status_.progress_at = status_.seen_at = Clock::system().now();
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

LaneRunner::~LaneRunner() {
    request_stop();
    join(Clock::system().now() + std::chrono::seconds(5));
}

std::string LaneRunner::label() const {
    return claim_.topic + "/" + std::to_string(claim_.partition);
}

LaneStatus LaneRunner::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

void LaneRunner::join(Clock::Monotonic deadline) {
    if (!thread_.joinable()) return;
    std::unique_lock lock(mutex_);
    const auto ended = [&] { return status_.ended.has_value(); };
    while (!ended_.wait_until(lock, deadline, ended)) {
        lock.unlock();
        telemetry::log(Level::warning, "batch abandoned: PostgreSQL did not finish it in time",
                       {{"lane", label()}});
        writer_.cancel();  // between two statements it hits nothing, so it may take several
        deadline = Clock::system().now() + std::chrono::milliseconds(500);
        lock.lock();
    }
    lock.unlock();
    thread_.join();
    source_.reset();
    batch_.clear();  // its records hold Kafka's memory, without which the consumer can't close
}

void LaneRunner::run(std::stop_token stop) {
    LaneStatus end;
    end.ended = Error::Kind::unavailable;  // stopped: somebody will go on
    const auto tell = [&](const Error& error) {
        end.ended = error.kind();
        end.trouble = error.what();
        if (end.failed_statement != 0) return;  // told by the service, once for all lanes
        telemetry::log(error.kind() == Error::Kind::fenced ? Level::info : Level::error,
                       "lane stopped",
                       {{"lane", label()}, {"reason", error.what()}, {"hint", error.hint()}});
    };
    try {
        lane_.run(stop);
    } catch (const postgres::StatementError& error) {
        end.failed_statement = error.statement();
        tell(error);
    } catch (const engine::MissingData& error) {
        end.data_missing = true;
        end.left_behind = error.left_behind();
        tell(error);
    } catch (const Error& error) {
        tell(error);
    } catch (const std::exception& error) {  // a defect: this lane alone ends, and says so
        tell(Error(Error::Kind::refused, std::string("a defect: ") + error.what()));
    }
    batch_.clear();
    std::lock_guard lock(mutex_);
    status_.ended = end.ended;
    status_.trouble = end.trouble;
    status_.failed_statement = end.failed_statement;
    status_.data_missing = end.data_missing;
    status_.left_behind = end.left_behind;
    ended_.notify_all();
}

// A sign of life, with mutex_ held; the next one may take longer by the wait that is announced.
void LaneRunner::live(std::chrono::milliseconds wait) {
    status_.seen_at = Clock::system().now() + wait;
}

void LaneRunner::on_opened(std::int64_t next_offset) {
    telemetry::log(Level::info, "lane opened",
                   {{"lane", label()}, {"offset", next_offset}, {"epoch", claim_.epoch}});
    std::lock_guard lock(mutex_);
    live();
    status_.next_offset = next_offset;
    status_.trouble.clear();
}

void LaneRunner::on_filled(std::int64_t partition_end, std::int64_t oldest_record_time) {
    std::lock_guard lock(mutex_);
    live();
    status_.partition_end = partition_end;
    status_.waiting_since = oldest_record_time;
}

void LaneRunner::on_committed(const BatchDone& done) {
    if (done.records > 0) metrics_.committed(done);
    telemetry::log(Level::debug, "batch committed",
                   {{"lane", label()},
                    {"records", done.records},
                    {"dead_letters", done.committed.dead_letters.size()},
                    {"next_offset", done.next_offset}});
    std::lock_guard lock(mutex_);
    live();
    status_.next_offset = done.next_offset;
    status_.partition_end = done.partition_end;
    status_.waiting_since = 0;
    if (done.record_time != 0) status_.record_time = done.record_time;
    status_.progress_at = Clock::system().now();
    status_.trouble.clear();
}

void LaneRunner::on_retry(const Error& error, std::chrono::milliseconds wait) {
    metrics_.retried();
    telemetry::log(Level::warning, "batch failed, will be tried again",
                   {{"lane", label()},
                    {"reason", error.what()},
                    {"wait_ms", wait.count()},
                    {"hint", error.hint()}});
    std::lock_guard lock(mutex_);
    live(wait);
    status_.trouble = error.what();
}

void LaneRunner::on_idle(std::int64_t partition_end) {
    std::lock_guard lock(mutex_);
    live();
    status_.partition_end = partition_end;
    if (status_.lag() == 0)
        status_.progress_at = Clock::system().now();
    else
        status_.position = source_->position();
}

}  // namespace tidewheel::runtime
