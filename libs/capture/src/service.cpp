#include "tidewheel/capture/service.hpp"

#include "file_kind.hpp"
#include "tidewheel/delivery/service.hpp"

namespace tidewheel::capture {

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    FileKind kind(settings, vitals.metrics());
    delivery::run_service(settings, {.name = "tidewheel-capture"}, kind, vitals, std::move(stop));
}

}  // namespace tidewheel::capture
