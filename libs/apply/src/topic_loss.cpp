#include "tidewheel/apply/topic_loss.hpp"

#include "tidewheel/core/text.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::apply {

std::string topic_loss(kafka::Admin& admin, const std::string& topic,
                       const std::vector<int>& partitions) {
    if (admin.is_compacted(topic))
        return "topic " + topic + " is compacted, so some of its records may have been removed";
    for (const int partition : partitions)
        if (const std::int64_t first = admin.watermarks(topic, partition).first; first > 0)
            return in_words(engine::TopicPartition{topic, partition}) + " has lost its first " +
                   plural(first, "offset");
    return "";
}

}  // namespace tidewheel::apply
