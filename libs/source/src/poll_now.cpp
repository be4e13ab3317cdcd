#include "tidewheel/source/poll_now.hpp"

#include "poll.hpp"
#include "tidewheel/catalogue/sources.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::source {
namespace {

const catalogue::StoredStream& stream_of(const catalogue::Catalogue& catalogue,
                                         const std::string& name) {
    std::vector<std::string> labels;
    for (const catalogue::StoredStream& each : catalogue.streams)
        labels.push_back(sql::label(each.stream.name));
    const std::string label = sql::find_label(labels, name, catalogue.search_path);
    for (const catalogue::StoredStream& each : catalogue.streams) {
        if (sql::label(each.stream.name) != label) continue;
        if (each.stream.source.url.empty() || each.stream.source.is_websocket)
            throw Error(Error::Kind::setting, "stream " + label + " is not polled",
                        "Its option source must be a URL of http or https.");
        return each;
    }
    throw Error(Error::Kind::setting, "there is no stream " + name);
}

}  // namespace

PollResult poll_now(const Settings& settings, const catalogue::Database& database,
                    const kafka::ClientSettings& kafka, const std::string& stream,
                    bool even_unchanged, std::stop_token stop) {
    const auto connection = database.connect();
    const Plan plan = plan_of(stream_of(catalogue::load_catalogue(*connection), stream));
    Found known;
    if (!even_unchanged) {
        const auto state = catalogue::source_state(*connection, plan.stream, plan.source.url);
        known = {state.etag, state.body_hash};
    }
    const Body body = fetch_body(plan, settings, known, stop);
    PollResult result{plan.label, body.is_changed, 0};
    if (body.is_changed) {
        const auto records = records_of(plan, body.text);
        publish(plan, kafka, records, stop);
        result.records = records.size();
    }
    catalogue::note_poll(*connection, plan.stream, plan.source.url, body.found.etag,
                         body.found.hash, static_cast<std::int64_t>(result.records));
    return result;
}

}  // namespace tidewheel::source
