#include "tidewheel/notifier/service.hpp"

#include "tidewheel/delivery/service.hpp"
#include "webhook.hpp"

namespace tidewheel::notifier {

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    WebhookKind kind(settings);
    delivery::run_service(settings, {"tidewheel-notifier", settings.notifier_connections}, kind,
                          vitals, std::move(stop));
}

}  // namespace tidewheel::notifier
