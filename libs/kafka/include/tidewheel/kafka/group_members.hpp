#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

struct GroupMember {
    std::string client_id, host;
};

// A service's client id: "tidewheel-worker@7401234567890123456/16384". A list of the group's
// members so shows which database each of them keeps.
std::string client_id_of(const std::string& program, const std::string& database);
// The database in such a client id; empty: it has none (another version's, or the user's own).
std::string database_of(const std::string& client_id);

// The consumer groups of a program ("worker"): prefix.worker, and for the second, third … stream of
// a topic prefix.worker.2, prefix.worker.3 … number: catalogue::StoredStream's.
std::string group_name(const std::string& prefix, const std::string& program, int number = 1);
// Whether this is the second, third … group of the program whose first group is given.
bool is_further_group(const std::string& group, const std::string& first);

// The group in which services that must not join this one stand by, so that others see them.
std::string waiting_room(const std::string& group);

// Who is in a consumer group now; empty: none, or there is no such group. Blocks for at most
// `timeout` and throws Error as Admin does.
std::vector<GroupMember> group_members(const ClientSettings& settings, const std::string& group,
                                       std::chrono::milliseconds timeout);

}  // namespace tidewheel::kafka
