#include "tidewheel/kafka/group_members.hpp"

#include "client.hpp"
#include "errors.hpp"

namespace tidewheel::kafka {

std::string client_id_of(const std::string& program, const std::string& database) {
    return "tidewheel-" + program + "@" + database;
}

std::string database_of(const std::string& client_id) {
    const auto at = client_id.find('@');
    const bool ours = client_id.starts_with("tidewheel-") && at != std::string::npos;
    return ours ? client_id.substr(at + 1) : "";
}

std::string group_name(const std::string& prefix, const std::string& program, int number) {
    return prefix + "." + program + (number == 1 ? "" : "." + std::to_string(number));
}

bool is_further_group(const std::string& group, const std::string& first) {
    if (!group.starts_with(first + ".")) return false;
    const std::string number = group.substr(first.size() + 1);
    return !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
}

std::string waiting_room(const std::string& group) {
    return group + ".standby";
}

std::vector<GroupMember> group_members(const ClientSettings& settings, const std::string& group,
                                       std::chrono::milliseconds timeout) {
    Callbacks silent;  // what is wrong, the answer says
    const Client client(RD_KAFKA_CONSUMER, settings, admin_properties(), silent);
    const rd_kafka_group_list* answer = nullptr;
    const auto code = rd_kafka_list_groups(client.get(), group.c_str(), &answer,
                                           static_cast<int>(timeout.count()));
    const GroupList groups(answer);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw error_of(code, "can't list the members of group " + group);
    std::vector<GroupMember> members;
    for (int i = 0; i < groups->group_cnt; ++i)
        for (int each = 0; each < groups->groups[i].member_cnt; ++each)
            members.push_back({groups->groups[i].members[each].client_id,
                               groups->groups[i].members[each].client_host});
    return members;
}

}  // namespace tidewheel::kafka
