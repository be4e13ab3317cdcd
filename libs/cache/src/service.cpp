#include "tidewheel/cache/service.hpp"

#include "cache_kind.hpp"
#include "tidewheel/delivery/service.hpp"

namespace tidewheel::cache {

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    CacheKind kind(settings);
    delivery::run_service(settings, {.name = "tidewheel-cache"}, kind, vitals, std::move(stop));
}

}  // namespace tidewheel::cache
