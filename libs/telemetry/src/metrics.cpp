#include "tidewheel/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "metrics_table.hpp"

namespace tidewheel::telemetry {
namespace {

void require_labels(const MetricDescription& metric, const Labels& labels) {
    const auto given = [&](const std::string& label) { return labels.contains(label); };
    if (labels.size() == metric.labels.size() && std::ranges::all_of(metric.labels, given)) return;
    throw std::logic_error("the labels of " + metric.name + " are not those of the table");
}

const MetricDescription& checked(Metric metric, std::string_view type, const Labels& labels) {
    const MetricDescription& description = describe(metric);
    if (description.type != type) {
        throw std::logic_error(description.name + " is not a " + std::string(type));
    }
    require_labels(description, labels);
    return description;
}

// A registry merges families of one name, so building one again finds it.
template <class Builder>
auto& family_of(Builder builder, const MetricDescription& metric, prometheus::Registry& registry) {
    return builder.Name(metric.name).Help(metric.help).Register(registry);
}

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;
};

void Counter::add(double amount) {
    static_cast<prometheus::Counter*>(handle_)->Increment(amount);
}
void Gauge::set(double value) {
    static_cast<prometheus::Gauge*>(handle_)->Set(value);
}
void Histogram::observe(double value) {
    static_cast<prometheus::Histogram*>(handle_)->Observe(value);
}

void Histogram::observe(const Tally& values) {
    static_cast<prometheus::Histogram*>(handle_)->ObserveMultiple(values.counts_, values.sum_);
}

Tally::Tally(Metric metric)
    : bounds_(bucket_bounds(describe(metric))), counts_(bounds_.size() + 1) {}

void Tally::add(double value) {
    const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += value;
}

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(Metric metric, const Labels& labels) {
    const MetricDescription& description = checked(metric, "counter", labels);
    Counter counter;
    counter.handle_ =
        &family_of(prometheus::BuildCounter(), description, state_->registry).Add(labels);
    return counter;
}

Gauge Metrics::gauge(Metric metric, const Labels& labels) {
    const MetricDescription& description = checked(metric, "gauge", labels);
    Gauge gauge;
    gauge.handle_ = &family_of(prometheus::BuildGauge(), description, state_->registry).Add(labels);
    return gauge;
}

Histogram Metrics::histogram(Metric metric, const Labels& labels) {
    const MetricDescription& description = checked(metric, "histogram", labels);
    Histogram histogram;
    histogram.handle_ = &family_of(prometheus::BuildHistogram(), description, state_->registry)
                             .Add(labels, bucket_bounds(description));
    return histogram;
}

void Metrics::forget(Metric metric, const Labels& labels) {
    const MetricDescription& description = describe(metric);
    require_labels(description, labels);
    const auto remove = [&](auto& family, auto... arguments) {
        family.Remove(&family.Add(labels, arguments...));
    };
    if (description.type == "counter") {
        remove(family_of(prometheus::BuildCounter(), description, state_->registry));
    } else if (description.type == "gauge") {
        remove(family_of(prometheus::BuildGauge(), description, state_->registry));
    } else {
        remove(family_of(prometheus::BuildHistogram(), description, state_->registry),
               bucket_bounds(description));
    }
}

std::string Metrics::text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, state_->registry.Collect());
    return out.str();
}

}  // namespace tidewheel::telemetry
