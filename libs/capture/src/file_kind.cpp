#include "file_kind.hpp"

#include "file_lane.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::capture {

using namespace std::chrono_literals;

void Troubles::set(int sink, catalogue::OutboxLane lane, const std::string& failure) {
    const std::lock_guard lock(mutex_);
    if (failure.empty())
        all_.erase({sink, lane});
    else
        all_[{sink, lane}] = {failure, Clock::system().now()};
}

std::string Troubles::find(int sink) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [where, trouble] : all_)
        if (where.first == sink && Clock::system().now() - trouble.since < age_)
            return trouble.failure;
    return {};
}

// A lane that fails is tried again after retry_longest at the latest.
FileKind::FileKind(const Settings& settings, telemetry::Metrics& metrics)
    : directory_(settings.capture_directory),
      troubles_(std::make_shared<Troubles>(settings.retry_longest + 2s)),
      metrics_(metrics) {
    if (directory_.empty())
        throw Error(Error::Kind::setting, "the directory of the files is not set",
                    "Set capture_directory: --capture-directory or TIDEWHEEL_CAPTURE_DIRECTORY.");
}

// So much later than its time a file ends if no row comes.
std::chrono::milliseconds FileKind::tick() const {
    return 200ms;
}

std::vector<delivery::Subscriber> FileKind::subscribers(postgres::Transaction& transaction,
                                                        const catalogue::StoredSink& sink) {
    const FileOptions& options = known_[sink.id] = read_options(transaction, sink);
    auto& told = metrics_of_[options.sink];
    if (!told) told = std::make_shared<SinkMetrics>(metrics_, options.sink);
    told->roll_seconds.set(std::chrono::duration<double>(options.roll_after).count());
    if (const std::string trouble = troubles_->find(sink.id); !trouble.empty())
        throw Error(Error::Kind::refused, trouble);
    return {delivery::Subscriber{}};
}

std::unique_ptr<delivery::Destination> FileKind::open(const delivery::Place& place) {
    const FileOptions& options = known_.at(place.sink.id);
    return std::make_unique<FileLane>(
        options, directory_, place,
        [troubles = troubles_, sink = place.sink.id,
         lane = place.lane](const std::string& failure) { troubles->set(sink, lane, failure); },
        metrics_of_.at(options.sink));
}

}  // namespace tidewheel::capture
