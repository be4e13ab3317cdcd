#include "cli/rebuild_lane.hpp"

#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::cli {
namespace {

constexpr std::chrono::milliseconds longest_wait{1000};  // before another try

}  // namespace

RebuildLane::RebuildLane(const Settings& settings, const kafka::ClientSettings& kafka,
                         const postgres::StreamPlan& plan, const postgres::LaneClaim& claim)
    : source_(kafka::open_partition(kafka, {claim.topic, claim.partition}, claim.start)),
      decoder_(codec::make_json_decoder(plan.schema)),
      batch_(plan.schema),
      writer_(settings.database,
              "tidewheel rebuild " + claim.topic + "/" + std::to_string(claim.partition), plan,
              claim),
      lane_(source_, *decoder_, writer_, batch_, *this,
            {settings.batch_rows, settings.batch_bytes, settings.linger, longest_wait}),
      next_offset_(claim.start),
      thread_([this](std::stop_token stop) { run(stop); }) {}

RebuildLane::~RebuildLane() {
    thread_.request_stop();
    writer_.cancel();  // what isn't committed will be done again, or is given up
}

void RebuildLane::run(std::stop_token stop) {
    try {
        lane_.run(stop);
    } catch (...) {
        std::lock_guard lock(mutex_);
        end_ = std::current_exception();
    }
    batch_.clear();  // its records are the source's
}

void RebuildLane::check() const {
    std::lock_guard lock(mutex_);
    if (end_) std::rethrow_exception(end_);
}

std::string RebuildLane::trouble() const {
    std::lock_guard lock(mutex_);
    return trouble_;
}

void RebuildLane::on_committed(const BatchDone& done) {
    next_offset_ = done.next_offset;
    std::lock_guard lock(mutex_);
    trouble_.clear();
}

void RebuildLane::on_retry(const Error& error, std::chrono::milliseconds) {
    std::lock_guard lock(mutex_);
    trouble_ = error.what();
}

}  // namespace tidewheel::cli
