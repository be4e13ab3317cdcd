#include "producer/endpoint.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "producer/plan.hpp"
#include "tidewheel/codec/json.hpp"

namespace tidewheel::producer {
namespace {

using codec::Json;
using Count = Result<std::uint64_t, std::string>;

constexpr int ok = 200, bad_request = 400, failed = 500, unavailable = 503;

Count checked(std::int64_t count) {
    if (count < 0) return std::string("count must not be negative");
    if (static_cast<std::uint64_t>(count) > most_events_per_request)
        return "count must not be more than " + std::to_string(most_events_per_request);
    return static_cast<std::uint64_t>(count);
}

Count count_of_text(const std::string& text) {
    std::int64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, count);
    if (error == std::errc::result_out_of_range && stopped == end)
        return checked(text.front() == '-' ? -1 : std::int64_t{most_events_per_request} + 1);
    if (error != std::errc() || stopped != end) return std::string("count must be a whole number");
    return checked(count);
}

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// 0: the body names no count.
Count count_of_body(const std::string& body) {
    if (is_blank(body)) return std::uint64_t{0};
    std::string error;
    const std::optional<Json> json = Json::parse(body, &error);
    if (!json) return "the body is not JSON: " + error;
    if (!json->is_object()) return std::string("the body must be a JSON object");
    const Json* count = json->find("count");
    if (!count || count->is_null()) return std::uint64_t{0};
    return count_of_text(count->is_string() ? '"' + count->string() : count->dump());
}

Json counts_as_json(const Report& report, bool complete) {
    Json json = Json::object();
    json.set("status", complete)
        .set("tot_msgs", report.counts.sent)
        .set("bad_msgs", report.counts.bad)
        .set("sale_evnts", report.counts.sales)
        .set("inventory_evnts", report.counts.inventory)
        .set("tot_sales", money(report.counts.sales_cents));
    return json;
}

http::Response reply(int status, const Json& body) {
    http::Response response{
        .status = status, .content_type = "application/json", .body = body.dump() + '\n'};
    if (status == unavailable) response.headers["Retry-After"] = "1";
    return response;
}

http::Response refusal(int status, const std::string& why) {
    return reply(status, Json::object().set("miztiik_event_processed", false).set("msg", why));
}

int status_of(const Error& error) {
    return error.retryable() ? unavailable : failed;
}

std::string explained(const Error& error) {
    return error.hint().empty() ? error.what() : std::string(error.what()) + "; " + error.hint();
}

std::string trouble_of(const Report& report) {
    if (report.trouble) return explained(*report.trouble);
    if (report.deliveries.failed > 0)
        return std::to_string(report.deliveries.failed) +
               " events were not acknowledged: " + report.deliveries.first_failure;
    return "the producer is shutting down";
}

http::Response answer_with(const Report& report, std::uint64_t count) {
    const bool complete = report.complete();
    Json counts = counts_as_json(report, complete);
    if (!complete) counts.set("err_msg", trouble_of(report));
    const std::string generated = std::to_string(complete ? count : report.deliveries.delivered);
    const int status = complete ? ok : report.trouble ? status_of(*report.trouble) : unavailable;
    return reply(status, Json::object()
                             .set("miztiik_event_processed", complete)
                             .set("msg", "Generated " + generated + " messages")
                             .set("resp", std::move(counts))
                             .set("count", count)
                             .set("last_processed_on", time_text(now_in_micros())));
}

}  // namespace

Count requested_count(const http::Request& request, std::uint64_t default_count) {
    if (const auto found = request.query.find("count"); found != request.query.end()) {
        const Count count = count_of_text(found->second);
        if (!count || *count > 0) return count;
    }
    const Count count = count_of_body(request.body);
    if (!count || *count > 0) return count;
    return default_count;
}

http::Response answer(const http::Request& request, std::uint64_t default_count,
                      const Produce& produce) {
    const Count count = requested_count(request, default_count);
    if (!count) return refusal(bad_request, count.failure());
    try {
        return answer_with(produce(*count), *count);
    } catch (const Error& error) {
        return refusal(status_of(error), explained(error));
    }
}

}  // namespace tidewheel::producer
