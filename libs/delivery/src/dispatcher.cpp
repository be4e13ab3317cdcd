#include "dispatcher.hpp"

#include <algorithm>

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::delivery {
namespace {

using namespace std::chrono_literals;
using catalogue::DeliveryKey;
using catalogue::DeliveryStep;
using catalogue::LaneEnds;
using catalogue::OutboxLane;
using postgres::Connection;
using telemetry::Level;

constexpr auto redeliver_every = 1s;
constexpr int redelivered_at_once = 100;

bool rows_wait(const Courier& courier, const OutboxLane& lane, const LaneEnds& ends) {
    const auto end = ends.find(lane);
    return end != ends.end() && end->second > courier.cursor();
}

}  // namespace

void Dispatcher::begin_again(Connection& connection) {
    roster_.begin_again(connection);
}

void Dispatcher::step(Connection& connection) {
    finish(connection, pool_.collect());
    roster_.follow(connection);
    std::map<int, LaneEnds> ends;
    for (const auto& [id, sink] : roster_.sinks())
        ends[id] = lane_ends(connection, sink);
    roster_.look(connection, ends);
    dispatch(connection, ends);
    redeliver(connection);
    housekeeping_.look(connection, ends);
}

void Dispatcher::give_up() {
    pool_.give_up();
    pool_.collect();
    redelivering_.clear();
}

void Dispatcher::end(Connection& connection) {
    pool_.give_up();
    finish(connection, pool_.collect());
    roster_.release(connection);
}

// Begins behind the one that came last, so that each has its turn when there is no room for all.
void Dispatcher::dispatch(Connection& connection, const std::map<int, LaneEnds>& ends) {
    auto& mine = roster_.mine();
    auto next = mine.upper_bound(last_served_);
    for (std::size_t i = 0; i < mine.size() && pool_.has_room(); ++i, ++next) {
        if (next == mine.end()) next = mine.begin();
        if (roster_.sinks().at(next->first.sink).is_paused) continue;
        last_served_ = next->first;
        for (const auto& [lane, last] : ends.at(next->first.sink))
            if (pool_.has_room()) hand_on(connection, next->first, next->second, lane, last);
        tick(next->first, next->second, ends.at(next->first.sink));
    }
}

void Dispatcher::hand_on(Connection& connection, const DeliveryKey& key, Mine& mine,
                         const OutboxLane& lane, std::int64_t last) {
    Courier& courier = roster_.courier(key, mine, lane);
    if (last <= courier.cursor() || !courier.is_due() || !may_try(courier)) return;
    const catalogue::StoredSink& sink = roster_.sinks().at(key.sink);
    const RowRequest request{kind_.form(), kind_.expressions(sink), kind_.most_rows(sink)};
    auto rows = read_rows(connection, sink, request, {lane, courier.cursor(), last});
    if (rows.empty()) return;
    if (!courier.destination()) courier.set_destination(open(sink, key, lane, courier));
    start(key, mine, lane, courier, std::move(rows));
}

// Those that fail have half of the threads, so that the others always find one.
bool Dispatcher::may_try(const Courier& courier) const {
    return !courier.is_failing() || failing_ < std::max<std::size_t>(1, pool_.size() / 2);
}

void Dispatcher::tick(const DeliveryKey& key, Mine& mine, const LaneEnds& ends) {
    if (kind_.tick() <= 0ms) return;
    const auto now = Clock::system().now();
    for (auto& [lane, courier] : mine.couriers) {
        auto& ticked = ticked_[{key, lane}];
        const bool has_one = courier.destination() || kind_.ticks_idle_lanes();
        const bool is_due = has_one && courier.is_due() && may_try(courier) && pool_.has_room();
        if (!is_due || now - ticked < kind_.tick() || rows_wait(courier, lane, ends)) continue;
        ticked = now;
        if (!courier.destination())
            courier.set_destination(open(roster_.sinks().at(key.sink), key, lane, courier));
        start(key, mine, lane, courier, {});
    }
}

std::shared_ptr<Destination> Dispatcher::open(const catalogue::StoredSink& sink,
                                              const DeliveryKey& key, const OutboxLane& lane,
                                              const Courier& courier) {
    return kind_.open({sink, key.subscriber, lane, courier.seq(), courier.note()});
}

void Dispatcher::start(const DeliveryKey& key, const Mine& mine, const OutboxLane& lane,
                       Courier& courier, std::vector<OutboxRow> rows) {
    courier.started();
    failing_ += courier.is_failing() ? 1 : 0;
    pool_.start({key, mine.epoch, lane, 0, courier.destination(), std::move(rows)});
}

void Dispatcher::finish(Connection& connection, const std::vector<Job>& jobs) {
    std::vector<DeliveryStep> steps;
    for (const Job& job : jobs) {
        if (job.redelivery != 0) {
            end_redelivery(connection, job);
            continue;
        }
        Mine* mine = roster_.find(job.key, job.epoch);
        if (!mine) continue;
        DeliveryStep made = mine->couriers.at(job.lane).finished(job.rows, job.result);
        if (made.to == made.from && made.failure.empty() && !made.recovered) continue;
        made.key = job.key;
        made.epoch = job.epoch;
        made.lane = job.lane;
        made.compaction = kind_.compaction(roster_.sinks().at(job.key.sink));
        steps.push_back(std::move(made));
    }
    failing_ = count_failing();
    if (!steps.empty()) commit(connection, steps);
}

std::size_t Dispatcher::count_failing() {
    std::size_t failing = 0;
    for (const auto& [key, mine] : roster_.mine())
        for (const auto& [lane, courier] : mine.couriers)
            failing += courier.is_busy() && courier.is_failing() ? 1 : 0;
    return failing;
}

void Dispatcher::commit(Connection& connection, const std::vector<DeliveryStep>& steps) {
    const std::vector<bool> ours = catalogue::commit_deliveries(connection, steps);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        housekeeping_.count(steps[i]);
        tell(steps[i]);
        if (!ours[i]) roster_.lose(steps[i].key);
    }
}

void Dispatcher::tell(const DeliveryStep& made) const {
    if (made.failure.empty()) return;
    const auto sink = roster_.sinks().find(made.key.sink);
    telemetry::log(made.parked.empty() ? Level::info : Level::warning,
                   made.parked.empty() ? "delivery failed" : "set aside as undelivered",
                   {{"sink", sink == roster_.sinks().end() ? "" : sink->second.title().text()},
                    {"subscriber", made.key.subscriber},
                    {"rows", std::max<std::size_t>(1, made.parked.size())},
                    {"reason", made.failure}});
}

void Dispatcher::redeliver(Connection& connection) {
    const auto now = Clock::system().now();
    if (now - redelivered_at_ < redeliver_every) return;
    redelivered_at_ = now;
    for (const catalogue::Redelivery& each :
         catalogue::redeliveries(connection, roster_.owner(), redelivered_at_once)) {
        const auto found = roster_.mine().find(each.key);
        if (found == roster_.mine().end() || !pool_.has_room() ||
            !redelivering_.insert(each.id).second)
            continue;
        const auto& sink = roster_.sinks().at(each.key.sink);
        pool_.start({each.key,
                     found->second.epoch,
                     redelivery_lane,
                     each.id,
                     kind_.open({sink, each.key.subscriber, redelivery_lane, 0, "", each.seq}),
                     {{each.seq, each.row_json}}});
    }
}

void Dispatcher::end_redelivery(Connection& connection, const Job& job) {
    redelivering_.erase(job.redelivery);
    const bool taken = !job.result.failure && job.result.through >= job.rows.front().seq;
    const Failure failure = job.result.failure.value_or(Failure{"it was not taken"});
    catalogue::end_redelivery(connection, job.redelivery, taken ? "" : failure.reason);
}

}  // namespace tidewheel::delivery
