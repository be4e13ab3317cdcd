#include "cli/terminal/sources_table.hpp"

#include "cli/terminal/table.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cli {
namespace {

using catalogue::SourceStatus;
using codec::Json;

std::string state_of(const SourceStatus& source) {
    if (source.is_paused) return "paused";
    if (source.state.trouble) return *source.state.trouble;
    if (source.state.polled_at) return "polled";
    if (!source.owner) return "nobody fetches it";
    return "connected";
}

}  // namespace

std::string sources_table(const std::vector<SourceStatus>& sources) {
    if (sources.empty()) return {};
    Table table({{"SOURCE OF"}, {"RECORDS", Table::Align::right}, {"OWNER"}, {"STATE"}});
    for (const SourceStatus& each : sources)
        table.row(
            {each.stream, grouped(each.state.records), each.owner.value_or("-"), state_of(each)});
    return table.text();
}

Json as_json(const std::vector<SourceStatus>& sources) {
    Json all = Json::array();
    for (const SourceStatus& each : sources)
        all.push(Json::object()
                     .set("stream", each.stream)
                     .set("url", each.url)
                     .set("owner", each.owner)
                     .set("records", each.state.records)
                     .set("trouble", each.state.trouble));
    return all;
}

}  // namespace tidewheel::cli
