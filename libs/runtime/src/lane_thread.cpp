#include "tidewheel/runtime/lane_thread.hpp"

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

using telemetry::Level;

LaneThread::LaneThread(const Settings& settings, const std::string& program, Shared shared,
                       std::size_t first_rows, const executor::StreamPlan& plan,
                       catalogue::LaneClaim claim, std::unique_ptr<engine::RecordSource> source,
                       LaneMetrics metrics)
    : claim_(std::move(claim)),
      name_(to_text(LaneKey{{claim_.topic, claim_.partition},
                            plan.stream.group_number,
                            sql::label(plan.stream.stream.name)})),
      metrics_(std::move(metrics)),
      source_(std::move(source)),
      decoder_(shared.registries.make_decoder(plan.stream.stream, plan.schema)),
      writer_(shared.sessions, program + " " + name_, plan, claim_, [this] { return wait_on(); }),
      lane_(*source_, decoder_, writer_, commits_, plan.schema, *this,
            {settings.batch_rows, settings.batch_bytes, settings.linger, settings.retry_longest,
             settings.confirm_truncation, first_rows, &shared.memory}) {
    status_.progress_at = status_.seen_at = Clock::system().now();
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

LaneThread::~LaneThread() {
    request_stop();
    join(Clock::system().now() + std::chrono::seconds(5));
}

LaneStatus LaneThread::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

void LaneThread::join(Clock::Monotonic deadline) {
    if (!thread_.joinable()) return;
    std::unique_lock lock(mutex_);
    const auto ended = [&] { return status_.ended.has_value(); };
    while (!ended_.wait_until(lock, deadline, ended)) {
        was_abandoned_ = true;
        lock.unlock();
        telemetry::log(Level::warning, "batch abandoned: it was not finished in time",
                       {{"lane", name_}});
        writer_.cancel();  // between two statements it hits nothing, so it may take several
        deadline = Clock::system().now() + std::chrono::milliseconds(500);
        lock.lock();
    }
    lock.unlock();
    thread_.join();
    source_.reset();
}

void LaneThread::run(std::stop_token stop) {
    stop_ = stop;
    LaneEnd end;
    std::string failure;  // none: stopped, another owner will continue
    const auto tell = [&](const Error& error) {
        failure = error.what();
        end.fenced = error.kind() == Error::Kind::fenced;
        telemetry::log(error.kind() == Error::Kind::fenced ? Level::info : Level::error,
                       "lane stopped",
                       {{"lane", name_}, {"reason", error.what()}, {"hint", error.hint()}});
    };
    try {
        lane_.run(stop);
    } catch (const executor::StatementError& error) {
        end.failed_statement = error.statement();
        end.reason = failure = error.quarantined().reason;  // logged by the service, for all lanes
        end.hint = error.quarantined().hint;
    } catch (const engine::MissingData& error) {
        end.data_missing = true;
        if (error.statements().size() < claim_.statements.size())
            end.left_behind = error.statements();
        tell(error);
    } catch (const Error& error) {
        tell(error);
    } catch (const std::exception& error) {  // a defect: this lane alone ends, and says so
        tell(Error(Error::Kind::refused, std::string("internal error: ") + error.what()));
    }
    std::lock_guard lock(mutex_);
    live();
    was_abandoned_ = was_abandoned_ || end.fenced;
    status_.ended = std::move(end);
    status_.failure = std::move(failure);
    ended_.notify_all();
}

// A sign of life, with mutex_ held; the next one may take longer by the wait that is announced.
void LaneThread::live(std::chrono::milliseconds wait) {
    status_.seen_at = Clock::system().now() + wait;
    status_.waits = false;
}

// While other lanes have the sessions. A lane that waits has changed nothing, so a stop need not
// wait.
bool LaneThread::wait_on() {
    std::lock_guard lock(mutex_);
    live();
    status_.waits = true;
    return !stop_.stop_requested();
}

void LaneThread::on_opened(std::int64_t next_offset) {
    telemetry::log(Level::info, "lane opened",
                   {{"lane", name_}, {"offset", next_offset}, {"epoch", claim_.epoch}});
    std::lock_guard lock(mutex_);
    live();
    status_.next_offset = next_offset;
    forget_failure();
}

void LaneThread::on_filled(std::int64_t partition_end, std::int64_t oldest_record_time) {
    std::lock_guard lock(mutex_);
    live();
    status_.partition_end = partition_end;
    status_.waiting_since = oldest_record_time;
}

void LaneThread::on_committed(const BatchDone& done) {
    if (done.records > 0) metrics_.committed(done, decoder_.take());
    telemetry::log(Level::debug, "batch committed",
                   {{"lane", name_},
                    {"records", done.records},
                    {"dead_letters", done.committed.dead_letters.size()},
                    {"next_offset", done.next_offset}});
    std::lock_guard lock(mutex_);
    live();
    tell_of_dead_letters(done.committed.dead_letters);
    status_.next_offset = done.next_offset;
    status_.partition_end = done.partition_end;
    status_.waiting_since = 0;
    if (done.record_time != 0) status_.record_time = done.record_time;
    status_.progress_at = Clock::system().now();
    forget_failure();
}

// With mutex_ held, as the next one.
void LaneThread::forget_failure() {
    if (!status_.failure.empty())
        telemetry::log(Level::info, "lane continues",
                       {{"lane", name_}, {"after", status_.failure}});
    status_.failure.clear();
}

void LaneThread::tell_of_dead_letters(std::span<const engine::Reason> more) {
    dead_letters_.add(more);
    if (const auto what = dead_letters_.due(Clock::system().now()))
        telemetry::log(Level::warning, "records became dead letters",
                       {{"lane", name_},
                        {"dead_letters", *what},
                        {"hint", "`tidewheel dlq list` shows them."}});
}

void LaneThread::on_retry(const Error& error, std::chrono::milliseconds wait) {
    metrics_.retried();
    const std::int64_t next_offset = status().next_offset;
    telemetry::log(Level::warning, "batch failed, will be retried",
                   {{"lane", name_},
                    {"reason", error.what()},
                    {"next_offset", next_offset},
                    {"wait_ms", wait.count()},
                    {"hint", error.hint()}});
    std::lock_guard lock(mutex_);
    live(wait);
    status_.failure = with_hint(error.what(), error.hint());
}

// Not an outage, nor yet missing data: a broker that has lost the partition's leadership may report
// an old end.
void LaneThread::on_too_short(const engine::MissingData& missing, std::chrono::milliseconds wait) {
    telemetry::log(Level::warning,
                   "the topic seems to lack records that were applied: asking again",
                   {{"lane", name_}, {"reason", missing.what()}, {"wait_ms", wait.count()}});
    std::lock_guard lock(mutex_);
    live(wait);
    status_.failure = missing.what();
}

void LaneThread::on_unproven(std::int64_t offset, const engine::LogState& log) {
    telemetry::log(Level::info, "the last record applied is no longer in the topic",
                   {{"lane", name_},
                    {"offset", offset},
                    {"first_offset", log.first},
                    {"compacted", log.compacted.value_or(false)}});
}

void LaneThread::on_idle(std::int64_t partition_end) {
    std::lock_guard lock(mutex_);
    live();
    tell_of_dead_letters({});
    status_.partition_end = partition_end;
    if (status_.lag() == 0)
        status_.progress_at = Clock::system().now();
    else
        status_.position = source_->position();
}

}  // namespace tidewheel::runtime
