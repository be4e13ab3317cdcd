#include "tidewheel/publisher/service.hpp"

#include "tidewheel/delivery/service.hpp"
#include "topic_kind.hpp"

namespace tidewheel::publisher {

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    TopicKind kind(settings);
    delivery::run_service(settings, {.name = "tidewheel-publisher"}, kind, vitals, std::move(stop));
}

}  // namespace tidewheel::publisher
