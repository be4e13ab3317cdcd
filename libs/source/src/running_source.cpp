#include "running_source.hpp"

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;

constexpr auto renew_every = 2s;
// Less than the lease in PostgreSQL, so that we stop before another begins.
constexpr auto own_lease = catalogue::source_lease - 2s;

}  // namespace

RunningSource::RunningSource(Plan plan, catalogue::SourceClaim claim, Clock::Monotonic lease_begins,
                             const Settings& settings, const kafka::ClientSettings& kafka,
                             telemetry::Metrics& metrics)
    : plan_(std::move(plan)),
      claim_(std::move(claim)),
      settings_(settings),
      kafka_(kafka),
      metrics_(metrics, plan_.name),
      standing_(claim_.state),
      renewed_at_(lease_begins),
      stored_(claim_.state) {
    standing_.holds_until(lease_begins + own_lease);
    standing_.note_trouble("not connected yet");
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void RunningSource::renewed(Clock::Monotonic begins, const catalogue::SourceState& stored) {
    renewed_at_ = begins;
    stored_ = stored;
    standing_.holds_until(begins + own_lease);
}

bool RunningSource::is_due() const {
    if (Clock::system().now() - renewed_at_ >= renew_every) return true;
    const auto now = standing_.state();
    return now.polled_at != stored_.polled_at || now.trouble != stored_.trouble;
}

void RunningSource::run(const std::stop_token& stop) {
    const FeedContext context{plan_, settings_, kafka_, standing_, metrics_};
    try {
        if (plan_.source.is_websocket)
            follow_websocket(context, stop);
        else
            poll_repeatedly(context, stop);
    } catch (const std::exception& error) {
        standing_.holds_until({});  // the keeper lets go of it, and it is begun again
        telemetry::log(Level::error, "a source ended",
                       {{"stream", plan_.name}, {"reason", error.what()}});
    }
}

}  // namespace tidewheel::source
