#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "choices.hpp"
#include "lane_database.hpp"

// A world around real lanes: one partition, a database in memory, and owners that come and go.
// Every call of a lane asks the choices what happens.
namespace tidewheel::engine::model {

// The process of an owner ends here and now.
struct Killed {};

class World {
  public:
    World(const Scenario& scenario, Choices& choices, Guards guards = {});

    // Owner after owner, until every record is applied. Throws Violation.
    void run();
    std::string story() const;  // what happened, a line each

    // --- for owners ---
    using Ways = std::initializer_list<const char*>;  // the first is the plain one
    std::size_t choose(int owner, const char* place, std::int64_t at, const Ways& ways);
    // Another owner claims the partition, stores so many batches, and stops.
    void take_over(int batches);
    void leave_out(int statement) { left_out_ = statement; }  // for the next owner

    const Scenario& scenario;
    Database database;

  private:
    void run_owner(int batches);
    struct Event {
        int owner;
        const char* place;
        std::int64_t at;
        const char* way;
    };
    Choices& choices_;
    std::vector<Event> events_;
    int owners_ = 0;
    int left_out_ = 0;
};

// --- an owner: one lane with its own consumer, clock and connection -----------------------------

class Owner final : public RecordSource,
                    public Decoder,
                    public BatchSink,
                    public CommitRunner,
                    public LaneObserver {
  public:
    // Stops after so many batches; -1: when it has nothing to do any more.
    Owner(World& world, int number, std::vector<int> statements, int batches);
    void run();

    std::optional<Record> next(int wait) override;
    std::int64_t end_offset() const override;
    std::int64_t position() const override { return knows_ == no_position ? -1 : cursor_; }
    TopicPartition log() const override { return {"clicks", 0}; }
    // Offsets that hold no record, behind the last one, belong to the log as well.
    LogState ask_log() override {
        std::int64_t end = scenario_.end();
        for (const auto& [statement, start] : scenario_.statements)
            end = std::max(end, start);
        return {0, end, false};
    }
    std::optional<Reject> decode(const Record& record, Batch& batch) override;
    std::vector<StatementProgress> open() override;
    Committed commit(const CommitRequest& work) override;
    void stop(const MissingData& missing) override { throw Violation{missing.what()}; }
    // A commit takes effect between any two steps of the lane.
    void start(std::function<void()> work) override { work_ = std::move(work); }
    bool is_done() override;
    bool wait(std::chrono::milliseconds longest) override;
    void on_opened(std::int64_t next_offset) override { progress_ = next_offset; }
    void on_filled(std::int64_t, std::int64_t) override {}
    void on_committed(const BatchDone& done) override;
    void on_retry(const Error&, std::chrono::milliseconds) override;
    void on_idle(std::int64_t) override {}

  private:
    class StandingClock final : public Clock {
        Monotonic now() const override { return {}; }
        std::chrono::system_clock::time_point wall() const override { return {}; }
    };
    enum Knows : std::size_t { all, no_end, old_end, no_position, all_but_last };

    std::size_t choose(const char* place, std::int64_t at, const World::Ways& ways) {
        return world_.choose(number_, place, at, ways);
    }
    std::optional<Record> deliver();
    void wait_in_vain();
    void finish();
    [[noreturn]] void die();
    Committed try_to_commit(const CommitRequest& work);
    void store(const CommitRequest& work);
    [[noreturn]] void fail(const char* what) { throw Error(Error::Kind::unavailable, what); }

    World& world_;
    const Scenario& scenario_;
    int number_, batches_;
    Claim claim_;
    std::int64_t start_, cursor_, arrived_;
    std::int64_t progress_ = 0;
    std::size_t knows_;
    bool unreadable_ = false, ran_dry_ = false, is_dead_ = false;
    std::function<void()> work_;  // the commit under way
    std::string violation_;       // in it
    int empty_waits_ = 0;
    int retries_ = 0;
    StandingClock clock_;
    std::stop_source stop_;
};

inline Owner::Owner(World& world, int number, std::vector<int> statements, int batches)
    : world_(world),
      scenario_(world.scenario),
      number_(number),
      batches_(batches),
      claim_(world.database.claim(std::move(statements))) {
    const std::vector<StatementProgress> progress = world.database.progress(claim_);
    start_ = scenario_.end();
    for (const StatementProgress& each : progress)
        start_ = std::min(start_, each.last ? each.last->offset : each.next_offset);
    cursor_ = start_;
    knows_ = choose("claim", start_,
                    {"the end is known", "the end is not known", "an old end is known",
                     "the position is not known", "the last record comes later"});
    arrived_ =
        knows_ == all_but_last ? std::max(start_, scenario_.records_end() - 1) : scenario_.end();
}

inline void Owner::run() {
    if (batches_ == 0) return;
    Schema schema;
    LaneLimits limits;
    limits.rows = scenario_.batch_rows;
    limits.slice = 1;
    limits.linger = limits.retry_longest = limits.confirm_truncation = std::chrono::milliseconds(0);
    try {
        Lane(*this, *this, *this, *this, schema, *this, limits, clock_).run(stop_.get_token());
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::fenced && world_.database.is_current(claim_))
            throw Violation{"a lane says that it is fenced, though nobody else claimed"};
    } catch (const Killed&) {
    }
    if (!violation_.empty()) throw Violation{violation_};
    if (ran_dry_ && !world_.database.has_all(claim_.statements))
        throw Violation{"an idle lane has left records behind"};
}

inline std::optional<Record> Owner::next(int wait) {
    if (unreadable_) throw Error(Error::Kind::refused, "unreadable");
    switch (choose("next", cursor_,
                   {"read", "nothing came", "can't be read", "the last record again",
                    "everything again", "a stop is asked for", "killed"})) {
        case 1:
            return {};
        case 2:
            unreadable_ = true;
            throw Error(Error::Kind::refused, "unreadable");
        case 3:
            cursor_ = std::max(start_, cursor_ - 1);
            break;
        case 4:
            cursor_ = start_;
            break;
        case 5:
            stop_.request_stop();
            break;
        case 6:
            die();
        default:
            break;
    }
    if (std::optional<Record> record = deliver()) return record;
    if (wait > 0) wait_in_vain();
    return {};
}

// Only the second time the owner stops: the first one lets the lane pass over what is no record.
inline void Owner::wait_in_vain() {
    if (++empty_waits_ == 1) return;
    if (arrived_ < scenario_.end()) {
        arrived_ = scenario_.end();
        empty_waits_ = 0;
        return;
    }
    ran_dry_ = true;
    stop_.request_stop();
}

inline std::optional<Record> Owner::deliver() {
    while (cursor_ < arrived_) {
        const std::int64_t offset = cursor_++;
        if (scenario_.partition[static_cast<std::size_t>(offset)] == Slot::gap) continue;
        empty_waits_ = 0;
        Record record;
        record.value = "{}";
        record.offset = offset;
        return record;
    }
    return {};
}

inline std::int64_t Owner::end_offset() const {
    if (knows_ == no_end) return -1;
    return knows_ == old_end ? std::max(start_, arrived_ - 2) : arrived_;
}

inline std::optional<Reject> Owner::decode(const Record& record, Batch&) {
    if (choose("decode", record.offset, {"decoded", "can't be decoded yet"}) == 1)
        fail("can't be decoded yet");
    if (scenario_.partition[static_cast<std::size_t>(record.offset)] == Slot::good) return {};
    return Reject{Reason::not_json, "", ""};
}

inline std::vector<StatementProgress> Owner::open() {
    switch (choose("open", progress_, {"opened", "away", "another claims", "another runs first"})) {
        case 1:
            fail("away");
        case 2:
            world_.take_over(0);
            break;
        case 3:
            world_.take_over(-1);
            break;
        default:
            break;
    }
    return world_.database.progress(claim_);
}

// What is under way ends when the lane waits for it, or surprisingly early.
inline bool Owner::is_done() {
    if (work_ && choose("commit under way", cursor_, {"not ended yet", "ended"}) == 1) finish();
    return !work_;
}

inline bool Owner::wait(std::chrono::milliseconds) {
    if (work_ && is_dead_ && choose("death", cursor_, {"before the commit", "after it"}) == 0)
        work_ = {};
    if (work_ && !is_dead_ && choose("wait", cursor_, {"ended", "not ended yet"}) == 1)
        return false;
    if (work_) finish();
    return true;
}

inline void Owner::finish() {
    std::exchange(work_, {})();
}

inline void Owner::die() {
    is_dead_ = true;
    throw Killed();
}

inline Committed Owner::commit(const CommitRequest& work) {
    try {
        return try_to_commit(work);
    } catch (const Violation& violation) {
        violation_ = violation.what;
        throw;
    }
}

inline Committed Owner::try_to_commit(const CommitRequest& work) {
    switch (choose(
        "commit", work.begin,
        {"stored", "away, nothing stored", "stored, the answer lost", "killed before it was stored",
         "killed after it was stored", "held while another claims",
         "held while another stores a batch", "held while another stores everything",
         "stored, the answer lost, and another stores a batch", "a statement is in failure",
         "stored, and a stop is asked for", "a record can't be judged yet"})) {
        case 1:
            fail("away");
        case 2:
            store(work);
            fail("answer lost");
        case 3:
            die();
        case 4:
            store(work);
            die();
        case 5:
            world_.take_over(0);
            break;
        case 6:
            world_.take_over(1);
            break;
        case 7:
            world_.take_over(-1);
            break;
        case 8:
            store(work);
            world_.take_over(1);
            fail("answer lost");
        case 9:
            world_.leave_out(work.statements.front());
            throw Error(Error::Kind::pipeline, "");
        case 10:
            stop_.request_stop();
            break;
        case 11:
            if (work.batch.empty()) break;
            throw UnjudgedRecord("can't be judged yet", "");
        default:
            break;
    }
    store(work);
    return {};
}

inline void Owner::store(const CommitRequest& work) {
    work.confirm();
    world_.database.store(claim_, work);
    if (!work.batch.empty() && --batches_ == 0) stop_.request_stop();
}

inline void Owner::on_committed(const BatchDone& done) {
    if (done.next_offset < progress_) throw Violation{"a lane went back"};
    progress_ = done.next_offset;
}

inline void Owner::on_retry(const Error&, std::chrono::milliseconds) {
    if (++retries_ > 100) throw Violation{"a lane retries an error that is not retryable"};
}

// --- the world ----------------------------------------------------------------------------------

inline World::World(const Scenario& for_scenario, Choices& choices, Guards guards)
    : scenario(for_scenario), database(for_scenario, guards), choices_(choices) {}

inline void World::run() {
    std::vector<int> everything;
    for (const auto& [statement, start] : scenario.statements)
        everything.push_back(statement);
    while (!database.has_all(everything)) {
        if (owners_ > 100) throw Violation{"the records are never applied"};
        run_owner(-1);
    }
}

inline void World::run_owner(int batches) {
    std::vector<int> statements;
    for (const auto& [statement, start] : scenario.statements)
        if (statement != left_out_) statements.push_back(statement);
    left_out_ = 0;
    if (!statements.empty()) Owner(*this, ++owners_, std::move(statements), batches).run();
}

inline void World::take_over(int batches) {
    run_owner(batches);
}

inline std::size_t World::choose(int owner, const char* place, std::int64_t at, const Ways& ways) {
    const std::size_t way = choices_.choose(ways.size());
    events_.push_back({owner, place, at, ways.begin()[way]});
    return way;
}

inline std::string World::story() const {
    std::string text;
    for (const Event& each : events_)
        text += "owner " + std::to_string(each.owner) + ", " + each.place + " at " +
                std::to_string(each.at) + ": " + each.way + "\n";
    return text;
}

}  // namespace tidewheel::engine::model
