#pragma once
#include <string>
#include <vector>

#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::apply {

// What these partitions have lost of their records, so that nothing made of them can be made again
// in full: "topic sales, partition 3 has lost its first 5 offsets". Empty: nothing.
std::string topic_loss(kafka::Admin& admin, const std::string& topic,
                       const std::vector<int>& partitions);

}  // namespace tidewheel::apply
