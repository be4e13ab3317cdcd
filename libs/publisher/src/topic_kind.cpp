#include "topic_kind.hpp"

#include "record.hpp"
#include "tidewheel/service/kafka_settings.hpp"
#include "topic_lane.hpp"

namespace tidewheel::publisher {
TopicKind::TopicKind(const Settings& settings)
    : group_(settings.group), kafka_(service::kafka_settings(settings, "tidewheel-publisher")) {}

std::vector<std::string> TopicKind::expressions(const catalogue::StoredSink& sink) const {
    return {record_sql(sink.stream.value())};
}

// A lane has a writer of its own. A row that is delivered alone, out of its order, has one, too:
// lanes keep the number of their last row, which it would disturb.
std::unique_ptr<delivery::Destination> TopicKind::open(const delivery::Place& place) {
    const std::string& uid = place.sink.uid;
    std::string name = group_ + ".publisher." + uid + "." + std::to_string(place.lane.stream) +
                       "." + std::to_string(place.lane.partition);
    if (place.lane == delivery::redelivery_lane) name += "." + std::to_string(place.row);
    return std::make_unique<TopicLane>(
        kafka_, kafka::WriterIdentity{name, place.sink.stream.value().topic, name}, uid, place);
}

}  // namespace tidewheel::publisher
