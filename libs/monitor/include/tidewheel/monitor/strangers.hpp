#pragma once
#include <map>
#include <string>
#include <vector>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::postgres {
class Connection;
}

namespace tidewheel::monitor {

// A service of another database that is in a consumer group of this one, or stands by because it
// would be.
struct Stranger {
    std::string group, client_id, host;
    bool stands_by = false;

    std::string text() const;
    static const char* hint();
};

// By the kind of the statements that the group's services run: rows, view.
using Strangers = std::map<std::string, std::vector<Stranger>>;

// None where Kafka doesn't answer, or doesn't let this role list the groups.
// `group`: the setting, without the name of a program.
Strangers find_strangers(const kafka::ClientSettings& kafka, const std::string& group,
                         postgres::Connection& connection);

}  // namespace tidewheel::monitor
