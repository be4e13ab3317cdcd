#pragma once
#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>

#include "tidewheel/engine/lane.hpp"

// A lane on the bench: a source, a database and an observer that do as they are told.
namespace tidewheel::engine::bench {

// Of one topic, or of another one that has its name.
enum class Topic { old, created_again };

inline Record record_at(std::int64_t offset, Topic topic = Topic::old) {
    Record record;
    record.value = topic == Topic::old ? "{}" : R"({"another": 1})";
    record.offset = offset;
    return record;
}

// Serves records in order; asks for a stop when it has run dry.
class FakeSource final : public RecordSource {
  public:
    explicit FakeSource(std::vector<std::int64_t> offsets)
        : offsets_(offsets.begin(), offsets.end()) {}
    std::int64_t end = 1000, at = -1;       // what end_offset() and position() say
    mutable std::deque<std::int64_t> ends;  // what end_offset() says first, one after the other
    bool unreadable = false;                // behind the last record
    bool out_of_range = false;              // there, as the broker says
    Topic topic = Topic::old;
    std::set<std::int64_t> late = {};  // offsets that are not there at the first look
    LogState state{0, 1000, false};
    std::deque<LogState> states;  // what ask_log() says first, one after the other
    int answers_after = 0;        // so many questions for the state fail before
    std::optional<std::string> id;
    std::optional<std::int64_t> later;  // the first offset with a later record than those read
    int unwatched = 0;                  // so many questions for it fail before
    std::optional<Record> next(int wait) override {
        if (offsets_.empty() && unreadable) throw Error(Error::Kind::refused, "can't be read");
        if (offsets_.empty() && out_of_range) throw MissingData("out of range", "");
        if (!offsets_.empty() && late.erase(offsets_.front()) > 0) return {};
        if (!offsets_.empty()) {
            const auto offset = offsets_.front();
            offsets_.pop_front();
            return record_at(offset, topic);
        }
        if (wait >= 100 && ++empty_reads > 3) stop.request_stop();
        return {};
    }
    std::int64_t end_offset() const override {
        if (ends.empty()) return end;
        const std::int64_t now = ends.front();
        ends.pop_front();
        return now;
    }
    std::int64_t position() const override { return at; }
    TopicPartition log() const override { return {"clicks", 3}; }
    LogState ask_log() override {
        if (answers_after-- > 0) throw Error(Error::Kind::unavailable, "no answer");
        if (states.empty()) return state;
        const LogState now = states.front();
        states.pop_front();
        return now;
    }
    std::optional<std::string> topic_id() const override { return id; }
    std::optional<std::int64_t> first_at(std::int64_t) override {
        if (unwatched-- > 0) throw Error(Error::Kind::unavailable, "no answer");
        return later;
    }
    int empty_reads = 0;
    std::stop_source stop;

  private:
    std::deque<std::int64_t> offsets_;
};

// Accepts everything, or needs something that is away for a while.
class FakeDecoder final : public Decoder {
  public:
    std::map<std::int64_t, int> away;  // by offset: so many times it can't tell
    Error::Kind kind = Error::Kind::unavailable;
    std::function<void()> meanwhile = [] {};  // each time
    std::optional<Reject> decode(const Record& record, Batch&) override {
        if (const auto times = away.find(record.offset);
            times != away.end() && times->second-- > 0) {
            meanwhile();
            throw Error(kind, "the registry is away");
        }
        return {};
    }
};

// A database in memory: progress by statement, and what each statement has applied.
class FakeSink final : public BatchSink {
  public:
    std::map<int, std::int64_t> progress;
    std::map<int, std::vector<std::int64_t>> applied;
    int fail_before = 0;  // the next n commits fail and store nothing
    int fail_after = 0;   // the next n commits are stored, but the answer is lost
    bool fenced = false;
    int commits = 0;
    std::map<int, Fingerprint> last;
    std::map<int, std::string> topic_ids;
    std::map<int, MissingData::Cause> stopped;
    int fail_stops = 0;                    // the next n stops fail
    std::map<int, std::int64_t> waits_at;  // by statement
    std::size_t fewest = 0;                // records without which nothing can be judged
    std::vector<std::size_t> unjudged;     // the sizes of those batches
    std::function<void()> on_unjudged = [] {};
    std::function<void(const CommitRequest&)> on_commit = [](const CommitRequest&) {
    };  // each that is stored

    std::vector<StatementProgress> open() override {
        std::vector<StatementProgress> all;
        for (const auto& [statement, next] : progress) {
            all.push_back({statement, next});
            if (last.contains(statement)) all.back().last = last.at(statement);
            if (topic_ids.contains(statement)) all.back().topic_id = topic_ids.at(statement);
            if (waits_at.contains(statement)) all.back().waits_at = waits_at.at(statement);
        }
        return all;
    }
    void stop(const MissingData& missing) override {
        if (fail_stops > 0 && fail_stops--) throw Error(Error::Kind::unavailable, "away");
        for (const int statement : missing.statements())
            stopped[statement] = missing.cause();
    }
    // As after a run that ended with this record.
    void applied_up_to(int statement, std::int64_t offset, std::int64_t next) {
        progress[statement] = next;
        last[statement] = fingerprint_of(record_at(offset));
    }
    Committed commit(const CommitRequest& work) override {
        ++commits;
        if (fenced) throw Error(Error::Kind::fenced, "another owner");
        if (fail_before > 0 && fail_before--) throw Error(Error::Kind::unavailable, "away");
        if (!work.batch.empty() && work.batch.records().size() < fewest) {
            unjudged.push_back(work.batch.records().size());
            on_unjudged();
            throw UnjudgedRecord("refused", "");
        }
        work.confirm();
        for (int statement : work.statements) {
            if (progress.at(statement) != work.begin) throw Error(Error::Kind::fenced, "moved");
            for (const Record& record : work.batch.records())
                applied[statement].push_back(record.offset);
            progress[statement] = work.end;
        }
        on_commit(work);
        if (fail_after > 0 && fail_after--) throw Error(Error::Kind::unavailable, "answer lost");
        return {};
    }
};

class Watch final : public LaneObserver {
  public:
    int retries = 0, doubts = 0;
    std::vector<std::size_t> batches;
    std::vector<std::int64_t> unproven;
    void on_unproven(std::int64_t offset, const LogState&) override { unproven.push_back(offset); }
    void on_opened(std::int64_t) override {}
    void on_filled(std::int64_t, std::int64_t) override {}
    void on_committed(const BatchDone& done) override { batches.push_back(done.records); }
    void on_retry(const Error&, std::chrono::milliseconds) override { ++retries; }
    void on_too_short(const MissingData&, std::chrono::milliseconds) override { ++doubts; }
    void on_idle(std::int64_t) override {}
};

// Runs a commit when it is begun, or not before the lane waits for it.
class FakeRunner final : public CommitRunner {
  public:
    bool at_once = false;
    void start(std::function<void()> work) override {
        work_ = std::move(work);
        if (at_once) wait({});
    }
    bool is_done() override { return !work_; }
    bool wait(std::chrono::milliseconds) override {
        if (const auto work = std::exchange(work_, {})) work();
        return true;
    }

  private:
    std::function<void()> work_;
};

struct Bench {
    Schema schema;
    FakeRunner runner;
    FakeDecoder decoder;
    FakeSink sink;
    Watch watch;
    std::chrono::milliseconds confirm_truncation{0};

    void run(std::vector<std::int64_t> offsets, LaneLimits limits = {}) {
        FakeSource source(std::move(offsets));
        run(source, limits);
    }
    void run(FakeSource& source, LaneLimits limits = {}) {
        limits.retry_longest = std::chrono::milliseconds(1);
        limits.confirm_truncation = confirm_truncation;
        limits.linger = std::chrono::milliseconds(0);
        Lane(source, decoder, sink, runner, schema, watch, limits).run(source.stop.get_token());
    }
};

inline std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all;
    for (; first < last; ++first)
        all.push_back(first);
    return all;
}

}  // namespace tidewheel::engine::bench
