#pragma once
#include <string>
#include <vector>

#include "tidewheel/operate/servers.hpp"

namespace tidewheel::operate {

// A topic that was deleted and created again: its statements begin with its first record.
struct TopicReset {
    std::string topic;
    bool allow_duplicates = false;  // even if nothing proves that the topic was recreated
};

// What the reset would do, a line each. Changes nothing. Throws Error.
std::vector<std::string> consequences_of(const Servers& servers, const TopicReset& request);
// Does it, in one transaction, while the services run. Returns the same lines.
std::vector<std::string> reset_topic(const Servers& servers, const TopicReset& request);

}  // namespace tidewheel::operate
