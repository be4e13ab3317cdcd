#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/runtime/lane_status.hpp"
#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::runtime {

// The statements that the service leaves out on its own, while the others run: those that
// PostgreSQL refuses at present, and those that failed over their records, through no fault of the
// records. The former are retried every few seconds (Planner), the latter after a cooldown. (A
// paused statement is another matter: a user wants that.) One thread.
class StatementQuarantine {
  public:
    explicit StatementQuarantine(telemetry::Health& health, const Clock& clock = Clock::system());

    // Takes in what has ended one of these lanes. True: there is such a statement, and the lanes
    // want plans without it.
    bool take_in(const LaneStatuses& lanes);
    // Keeps those whose cooldown isn't over out of the catalogue that is to be planned, and returns
    // them. A catalogue of another version releases all: the change may have corrected them.
    std::vector<executor::QuarantinedStatement> withhold(catalogue::Catalogue& catalogue);
    // These are in quarantine now, for either reason: names each in /readyz, and once in the log.
    void report(std::vector<executor::QuarantinedStatement> now);

    bool holds(const std::vector<executor::QuarantinedStatement>& now) const;  // the same, by name
    std::size_t size() const { return reported_.size(); }

  private:
    struct Failed {
        std::string reason, hint;
        Retry retry;
    };

    telemetry::Health& health_;
    const Clock& clock_;
    std::map<int, Failed> failed_;        // over their records, by statement
    std::int64_t catalogue_version_ = 0;  // at which they did
    std::vector<executor::QuarantinedStatement> reported_;
};

}  // namespace tidewheel::runtime
