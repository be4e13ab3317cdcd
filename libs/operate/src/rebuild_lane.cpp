#include "tidewheel/operate/rebuild_lane.hpp"

#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::operate {
namespace {

constexpr std::chrono::milliseconds longest_wait{1000};  // before another try

}  // namespace

RebuildLane::RebuildLane(const engine::LaneLimits& limits, const Servers& servers,
                         executor::SessionPool& pool, const executor::StreamPlan& plan,
                         const catalogue::LaneClaim& claim)
    : source_(kafka::open_partition(servers.kafka, {claim.topic, claim.partition}, claim.start)),
      decoder_(servers.registries->make_decoder(plan.stream.stream, plan.schema)),
      writer_(pool, "tidewheel rebuild " + claim.topic + "/" + std::to_string(claim.partition),
              plan, claim, [this] { return !stop_.stop_requested(); }),
      lane_(source_, *decoder_, writer_, commits_, plan.schema, *this, limits),
      next_offset_(claim.start),
      thread_([this](std::stop_token stop) { run(stop); }) {}

RebuildLane::~RebuildLane() {
    thread_.request_stop();
    writer_.cancel();  // what isn't committed will be repeated, or is given up
}

void RebuildLane::run(std::stop_token stop) {
    stop_ = stop;
    try {
        lane_.run(stop);
    } catch (...) {
        std::lock_guard lock(mutex_);
        end_ = std::current_exception();
    }
}

void RebuildLane::check() const {
    std::lock_guard lock(mutex_);
    if (end_) std::rethrow_exception(end_);
}

std::string RebuildLane::failure() const {
    std::lock_guard lock(mutex_);
    return failure_;
}

void RebuildLane::on_committed(const BatchDone& done) {
    next_offset_ = done.next_offset;
    std::lock_guard lock(mutex_);
    failure_.clear();
}

void RebuildLane::on_retry(const Error& error, std::chrono::milliseconds) {
    std::lock_guard lock(mutex_);
    failure_ = error.what();
}

}  // namespace tidewheel::operate
