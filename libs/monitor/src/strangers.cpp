#include "tidewheel/monitor/strangers.hpp"

#include <algorithm>
#include <iterator>

#include "tidewheel/catalogue/home.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/group_members.hpp"

namespace tidewheel::monitor {
namespace {

constexpr std::chrono::seconds timeout{5};

void add(const kafka::ClientSettings& kafka, const std::string& group, const std::string& asked,
         const std::string& identity, std::vector<Stranger>& found) {
    for (const kafka::GroupMember& each : kafka::group_members(kafka, asked, timeout)) {
        const std::string other = kafka::database_of(each.client_id);
        if (!other.empty() && !catalogue::may_be_same_database(other, identity))
            found.push_back({group, each.client_id, each.host, asked != group});
    }
}

std::vector<int> group_numbers(postgres::Connection& connection) {
    std::vector<int> numbers;
    for (const postgres::Row& row : connection.query(
             "SELECT DISTINCT group_number FROM tidewheel.streams UNION SELECT 1 ORDER BY 1"))
        numbers.push_back(static_cast<int>(row.integer(0)));
    return numbers;
}

}  // namespace

std::string Stranger::text() const {
    return std::string("a service of another database ") +
           (stands_by ? "stands by for" : "is a member of") + " consumer group " + group + ": " +
           client_id + " on host " + host;
}

const char* Stranger::hint() {
    return "Give that deployment a group of its own (--group), or stop it.";
}

Strangers find_strangers(const kafka::ClientSettings& kafka, const std::string& group,
                         postgres::Connection& connection) {
    const std::string identity = catalogue::identity(connection);
    const std::vector<int> numbers = group_numbers(connection);
    Strangers strangers;
    try {
        for (const auto& [kind, program] : {std::pair{"rows", "worker"},
                                            {"view", "aggregator"},
                                            {"rows", "runner"},
                                            {"view", "runner"}}) {
            std::vector<Stranger> found;
            for (const int number : numbers) {
                const std::string full = kafka::group_name(group, program, number);
                add(kafka, full, full, identity, found);
            }
            const std::string first = kafka::group_name(group, program);
            add(kafka, first, kafka::waiting_room(first), identity, found);
            if (!found.empty()) std::ranges::move(found, std::back_inserter(strangers[kind]));
        }
    } catch (const Error&) {  // the rest of the report says what is wrong with Kafka
    }
    return strangers;
}

}  // namespace tidewheel::monitor
