#include "producer/delivery_counters.hpp"

namespace tidewheel::producer {

using telemetry::Metric;

DeliveryCounters::DeliveryCounters(telemetry::Metrics& metrics, const std::string& topic)
    : sent_(metrics.counter(Metric::records_sent, {{"topic", topic}})),
      delivered_(metrics.counter(Metric::records_delivered, {{"topic", topic}})),
      failed_(metrics.counter(Metric::records_failed, {{"topic", topic}})) {}

void DeliveryCounters::advance(kafka::Deliveries& seen, const kafka::Deliveries& now) {
    sent_.add(static_cast<double>(now.sent - seen.sent));
    delivered_.add(static_cast<double>(now.delivered - seen.delivered));
    failed_.add(static_cast<double>(now.failed - seen.failed));
    seen = now;
}

}  // namespace tidewheel::producer
