#include "producer/service_flags.hpp"

#include <algorithm>

#include "producer/produce_flags.hpp"

namespace tidewheel::producer {

std::vector<flags::Flag> service_flags(ServiceOptions& options) {
    options.produce.count = 10;
    options.produce.topic = store_events_topic;
    options.produce.store_fqdn.clear();  // this machine's
    options.produce.store_ip.clear();
    auto flags = produce_flags(options.produce);
    const auto help = [&](const char* name) -> std::string& {
        return std::ranges::find(flags, name, &flags::Flag::name)->help;
    };
    help("--count") = "events for a request without a count";
    help("--topic") = "where to send them";
    help("--bad") = "events without a store_id";
    help("--rate") = "events per second, steadily; 0: only on request";
    flags.push_back({"--wait-between", "DURATION", duration_text(options.wait_between),
                     "between two events of a request",
                     [&](auto& text) { options.wait_between = read_duration(text); }});
    return flags;
}

}  // namespace tidewheel::producer
