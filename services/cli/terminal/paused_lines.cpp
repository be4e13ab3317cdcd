#include "cli/terminal/paused_lines.hpp"

namespace tidewheel::cli {

using codec::Json;

std::string paused_lines(const std::vector<monitor::PausedService>& all) {
    std::string text;
    for (const monitor::PausedService& each : all) {
        const bool is_quoted = each.name.find(' ') != std::string::npos;
        text += each.name + ": paused since " + each.since + " (tidewheel resume " +
                (is_quoted ? "'" + each.name + "'" : each.name) + ")\n";
    }
    return text.empty() ? text : "\n" + text;
}

Json paused_as_json(const std::vector<monitor::PausedService>& all) {
    Json paused = Json::array();
    for (const monitor::PausedService& each : all)
        paused.push(Json::object().set("name", each.name).set("since", each.since));
    return paused;
}

}  // namespace tidewheel::cli
