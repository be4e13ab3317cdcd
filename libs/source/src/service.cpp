#include "tidewheel/source/service.hpp"

#include "keeper.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/service/kafka_settings.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;

constexpr auto look_every = 500ms;

}  // namespace

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    const kafka::ClientSettings kafka = service::kafka_settings(settings, "tidewheel-source");
    vitals.health().set_degraded("catalogue", "not read yet");
    {
        Keeper keeper(settings, kafka, vitals.metrics(), vitals.health());
        do {
            keeper.look();
            vitals.beat();
        } while (wait_for(stop, look_every));
        vitals.health().set_degraded("service", "stopping");
        telemetry::log(Level::info, "stopping");
    }
    telemetry::log(Level::info, "stopped");
}

}  // namespace tidewheel::source
