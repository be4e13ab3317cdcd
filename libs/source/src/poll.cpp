#include "poll.hpp"

#include <future>

#include "key_reader.hpp"
#include "tidewheel/codec/json_elements.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/http/digest.hpp"
#include "tidewheel/kafka/publisher.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using Kind = Error::Kind;

constexpr int most_redirects = 5;
constexpr auto delivery_time = 30s;

// 429 and what is wrong at the server may be over soon; any other status is an answer.
Kind kind_of(int status) {
    return status == 429 || status >= 500 ? Kind::unavailable : Kind::refused;
}

}  // namespace

Body fetch_body(const Plan& plan, const Settings& settings, const Found& known,
                std::stop_token stop) {
    http::Headers headers = headers_of(settings, plan.label);
    headers.insert(
        {{"Accept", "application/json"}, {"User-Agent", "tidewheel/" + std::string(version())}});
    if (!known.etag.empty()) headers["If-None-Match"] = known.etag;
    http::Response answer = http::get(plan.source.url, headers,
                                      {.timeout = settings.source_request_time,
                                       .body_bytes = settings.source_body_bytes,
                                       .redirects = most_redirects,
                                       .reach = reach_of(settings, plan.source.url),
                                       .stop = std::move(stop)});
    if (answer.status == 304 && !known.etag.empty()) return {known, false, {}};
    if (answer.status != 200)
        throw Error(kind_of(answer.status),
                    plan.source.url + " answers with status " + std::to_string(answer.status));
    Found found{std::string(http::header(answer, "ETag")), http::sha256(answer.body)};
    if (found.hash == known.hash) return {std::move(found), false, {}};
    return {std::move(found), true, std::move(answer.body)};
}

std::vector<std::string_view> records_of(const Plan& plan, const std::string& body) {
    auto records = codec::json_elements(body, plan.source.path);
    if (!records)
        throw Error(Kind::refused,
                    "the body of " + plan.source.url + " can't be read: " + records.failure());
    for (const std::string_view record : *records)
        if (record.size() > kafka::Publisher::most_record_bytes)
            throw Error(Kind::refused,
                        "an element of the body of " + plan.source.url + " is larger than " +
                            std::to_string(kafka::Publisher::most_record_bytes) + " bytes",
                        "The option source_path says where the array of records is.");
    return *std::move(records);
}

void publish(const Plan& plan, const kafka::ClientSettings& kafka,
             const std::vector<std::string_view>& records, const std::stop_token& stop) {
    if (records.empty()) return;
    KeyReader reader(plan.key);
    std::vector<std::optional<std::string>> keys;
    for (const std::string_view record : records)
        keys.push_back(reader.key_of(record));
    std::vector<kafka::Outgoing> outgoing;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
        outgoing.push_back({-1, keys[i], records[i], {}});
        bytes += records[i].size() + keys[i].value_or("").size();
    }
    auto promise = std::make_shared<std::promise<kafka::Publisher::Outcome>>();
    auto outcome = promise->get_future();
    kafka::Publisher publisher(kafka, {records.size(), bytes, delivery_time});
    publisher.send(plan.topic, outgoing,
                   [promise](const kafka::Publisher::Outcome& done) { promise->set_value(done); });
    while (outcome.wait_for(100ms) != std::future_status::ready)
        if (stop.stop_requested()) throw Error(Kind::unavailable, "stopped");
    const auto done = outcome.get();
    if (done.failed > 0)
        throw Error(done.refused ? Kind::refused : Kind::unavailable,
                    std::to_string(done.failed) + " of " + std::to_string(done.sent) +
                        " records were not acknowledged: " + done.first_failure);
}

}  // namespace tidewheel::source
