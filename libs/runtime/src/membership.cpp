#include "membership.hpp"

#include "tidewheel/kafka/group_members.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::runtime {

Membership::Membership(const Settings& settings, const std::string& program, int number,
                       const kafka::ClientSettings& kafka, std::size_t fetch_bytes,
                       std::int64_t presence, LaneStarter& starter, FirstRows& first_rows)
    : claimant_{settings.instance, kafka::group_name(settings.group, program, number), presence},
      consumer_(kafka, claimant_.group, fetch_bytes),
      lanes_({consumer_, starter,
              [this, database = settings.database, name = "tidewheel-" + program] {
                  return std::make_unique<CatalogueClaims>(database, name, claimant_);
              },
              first_rows}) {}

Membership::~Membership() {
    lanes_.stop();
    try {
        consumer_.close();
    } catch (const Error& error) {  // the group will notice by itself that we are gone
        telemetry::log(telemetry::Level::warning, "could not leave the group",
                       {{"reason", error.what()}});
    }
}

}  // namespace tidewheel::runtime
