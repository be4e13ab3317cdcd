#pragma once
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tidewheel/runtime/assigned_lanes.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

// The lane manager on the bench: a group, a catalogue and lanes of the test's own.
namespace tidewheel::runtime::bench {

using namespace std::chrono_literals;
using engine::StartOffset;
using engine::TopicPartition;

using Partitions = std::vector<TopicPartition>;
using Names = std::vector<std::string>;

inline const TopicPartition a0{"a", 0}, a1{"a", 1}, b0{"b", 0};

// What happens, in order: "claim a/0", "start a/0 at 7", "stop a/0".
struct Journal {
    Names entries;
    void add(const std::string& what, const TopicPartition& where) {
        entries.push_back(what + " " + to_text(where));
    }
    Names take() { return std::exchange(entries, {}); }
};

class FakeSource final : public engine::RecordSource {
  public:
    FakeSource(TopicPartition where, std::set<TopicPartition>& open)
        : where_(std::move(where)), open_(open) {
        CHECK(open_.insert(where_).second);  // never two of a partition
    }
    ~FakeSource() override { open_.erase(where_); }
    std::optional<engine::Record> next(int) override { return std::nullopt; }
    std::int64_t end_offset() const override { return -1; }
    std::int64_t position() const override { return -1; }
    engine::TopicPartition log() const override { return where_; }
    engine::LogState ask_log() override { return {}; }

  private:
    TopicPartition where_;
    std::set<TopicPartition>& open_;
};

class FakeGroup final : public engine::SourceGroup {
  public:
    std::set<TopicPartition> open_sources, without_first_offset;
    std::map<TopicPartition, std::int64_t> fetched;  // from which offset
    std::vector<StartOffset> published;
    std::vector<Names> subscriptions;

    void assign(const Partitions& partitions) {
        const std::vector<StartOffset> starts = listener_->on_assigned(partitions);
        listener_->on_started(fetch(starts));
    }
    void revoke(const Partitions& partitions, bool lost = false) {
        listener_->on_revoked(partitions, lost);
        for (const TopicPartition& each : partitions) {
            CHECK_FALSE(open_sources.contains(each));  // librdkafka would wait for ever
            fetched.erase(each);
        }
    }

    void subscribe(const std::vector<std::string>& topics,
                   engine::AssignmentListener& listener) override {
        subscriptions.push_back(topics);
        listener_ = &listener;
    }
    void refetch(const Partitions& stopped, const std::vector<StartOffset>& started) override {
        for (const TopicPartition& each : stopped)
            fetched.erase(each);
        fetch(started);
    }
    std::unique_ptr<engine::RecordSource> source(const TopicPartition& where,
                                                 std::optional<std::string>) override {
        REQUIRE(fetched.contains(where));
        return std::make_unique<FakeSource>(where, open_sources);
    }
    void publish_offsets(const std::vector<StartOffset>& next) override { published = next; }
    void close() override {}
    std::map<TopicPartition, std::int64_t> first_offsets(
        const Partitions& partitions) const override {
        std::map<TopicPartition, std::int64_t> first;
        for (const TopicPartition& each : partitions)
            if (!without_first_offset.contains(each)) first[each] = 0;
        return first;
    }
    std::map<std::string, std::string> topic_ids(const std::set<std::string>&) const override {
        return {};
    }

  private:
    Partitions fetch(const std::vector<StartOffset>& starts) {
        Partitions partitions;
        for (const StartOffset& each : starts) {
            fetched[each.where] = each.offset;
            partitions.push_back(each.where);
        }
        return partitions;
    }
    engine::AssignmentListener* listener_ = nullptr;
};

// What the catalogue knows, for all connections.
struct FakeCatalogue {
    std::int64_t version = 1;
    std::map<TopicPartition, std::int64_t> next_offsets, epochs;  // none: not begun; not claimed
    std::vector<catalogue::MissingPlace> missing;
    std::set<TopicPartition> of_others;
    std::int64_t epoch = 0;
};

class FakeClaims final : public LaneClaims {
  public:
    FakeClaims(FakeCatalogue& catalogue, Journal& journal)
        : catalogue_(catalogue), journal_(journal) {}

    std::vector<catalogue::MissingPlace> missing() override { return catalogue_.missing; }
    std::map<TopicPartition, std::int64_t> epochs() override { return catalogue_.epochs; }
    std::vector<catalogue::LaneClaim*> unbegun(std::vector<catalogue::LaneClaim>& lanes) override {
        std::vector<catalogue::LaneClaim*> found;
        for (catalogue::LaneClaim& lane : lanes)
            if (!catalogue_.next_offsets.contains({lane.topic, lane.partition}))
                found.push_back(&lane);
        return found;
    }
    void claim(std::vector<catalogue::LaneClaim>& lanes, std::int64_t version) override {
        if (version != catalogue_.version)
            throw Error(Error::Kind::unavailable, "the catalogue has changed");
        for (catalogue::LaneClaim& lane : lanes) {
            const TopicPartition where{lane.topic, lane.partition};
            const auto next = catalogue_.next_offsets.find(where);
            lane.start = next == catalogue_.next_offsets.end() ? *lane.first : next->second;
            lane.epoch = catalogue_.epochs[where] = ++catalogue_.epoch;
            journal_.add("claim", where);
        }
    }
    void release(const TopicPartition& where) override { journal_.add("release", where); }
    bool is_still_ours(const catalogue::LaneClaim& lane) override {
        return !catalogue_.of_others.contains({lane.topic, lane.partition});
    }

  private:
    FakeCatalogue& catalogue_;
    Journal& journal_;
};

class FakeLane final : public RunningLane {
  public:
    FakeLane(TopicPartition where, std::unique_ptr<engine::RecordSource> source,
             std::map<TopicPartition, LaneStatus>& states, Journal& journal)
        : where_(std::move(where)),
          source_(std::move(source)),
          states_(states),
          journal_(journal) {}

    LaneStatus status() const override { return states_.at(where_); }
    void request_stop() override { asked_ = true; }
    void join(Clock::Monotonic) override {
        CHECK(asked_);
        source_.reset();
        journal_.add("stop", where_);
    }
    std::size_t next_rows() const override { return 5; }

  private:
    TopicPartition where_;
    std::unique_ptr<engine::RecordSource> source_;
    std::map<TopicPartition, LaneStatus>& states_;
    Journal& journal_;
    bool asked_ = false;
};

class FakeStarter final : public LaneStarter {
  public:
    explicit FakeStarter(Journal& journal) : journal_(journal) {}
    std::map<TopicPartition, LaneStatus> states;
    std::map<TopicPartition, std::size_t> first_rows;

    std::unique_ptr<RunningLane> start(const executor::StreamPlan&,
                                       const catalogue::LaneClaim& claim,
                                       std::unique_ptr<engine::RecordSource> source,
                                       std::size_t rows) override {
        const TopicPartition where{claim.topic, claim.partition};
        states[where] = {};
        states[where].next_offset = claim.start;
        first_rows[where] = rows;
        journal_.add("start", where);
        return std::make_unique<FakeLane>(where, std::move(source), states, journal_);
    }

  private:
    Journal& journal_;
};

// The plan of a topic with two partitions and one statement.
std::shared_ptr<const executor::StreamPlan> plan(const std::string& topic, int statement,
                                                 const std::string& sql = "INSERT …") {
    executor::StreamPlan plan;
    plan.stream.stream.topic = topic;
    plan.stream.stream.partitions = 2;
    catalogue::StoredStatement stored;
    stored.id = statement;
    stored.statement.text = sql;
    plan.rows.push_back({stored, {}, {}});
    return std::make_shared<const executor::StreamPlan>(std::move(plan));
}

struct Bench {
    testing::FakeClock clock;
    Journal journal;
    FakeGroup group;
    FakeCatalogue catalogue;
    FakeStarter starter{journal};
    FakeClaims claims{catalogue, journal};
    FirstRows first_rows;
    AssignedLanes lanes{{group, starter,
                         [this] { return std::make_unique<FakeClaims>(catalogue, journal); },
                         first_rows, clock}};

    Bench() {
        clock.time += 1h;
        lanes.take_up({1, {"a", "b"}, {plan("a", 1), plan("b", 2)}});
    }
    // As the service does twice a second.
    Names reopened() {
        lanes.reopen_ended(claims);
        return journal.take();
    }
    void fail(const TopicPartition& where, LaneEnd end = {}) {
        starter.states[where].ended = std::move(end);
        starter.states[where].seen_at = clock.time;
    }
    std::optional<LaneStatus> status(const TopicPartition& where) const {
        for (const auto& [each, status] : lanes.lanes())
            if (each == where) return status;
        return std::nullopt;
    }
};

}  // namespace tidewheel::runtime::bench
