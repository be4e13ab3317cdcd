#include "producer/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "producer/plan.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/http/bearer.hpp"

namespace tidewheel::producer {
namespace {

using codec::Json;
using Count = Result<std::uint64_t, std::string>;

constexpr int ok = 200, bad_request = 400, unauthorized = 401, forbidden = 403, wrong_method = 405,
              failed = 500, unavailable = 503;

Count checked(std::int64_t count, std::uint64_t most) {
    if (count < 0) return std::string("count must not be negative");
    if (static_cast<std::uint64_t>(count) > most)
        return "count must not be more than " + std::to_string(most);
    return static_cast<std::uint64_t>(count);
}

Count count_of_text(const std::string& text, std::uint64_t most) {
    std::int64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, count);
    if (error == std::errc::result_out_of_range && stopped == end)
        return checked(text.front() == '-' ? -1 : std::numeric_limits<std::int64_t>::max(), most);
    if (error != std::errc() || stopped != end) return std::string("count must be a whole number");
    return checked(count, most);
}

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// 0: the body names no count.
Count count_of_body(const std::string& body, std::uint64_t most) {
    if (is_blank(body)) return std::uint64_t{0};
    std::string error;
    const std::optional<Json> json = Json::parse(body, &error);
    if (!json) return "the body is not JSON: " + error;
    if (!json->is_object()) return std::string("the body must be a JSON object");
    const Json* count = json->find("count");
    if (!count || count->is_null()) return std::uint64_t{0};
    return count_of_text(count->is_string() ? '"' + count->string() : count->dump(), most);
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

// A browser names the page that sends the request. Only our own pages may, and those are only
// reached by address: another host name may have been pointed here (DNS rebinding).
bool is_foreign(const http::Request& request) {
    const std::string origin(http::header(request, "origin"));
    const std::string host(http::header(request, "host"));
    if (origin.empty()) return false;
    const std::string name = host.substr(0, host.rfind(':'));
    const bool by_address = name == "localhost" || name.starts_with('[') ||
                            name.find_first_not_of("0123456789.") == std::string::npos;
    return !by_address || (origin != "http://" + host && origin != "https://" + host);
}

// Why the request is refused before it is read; nullopt: it isn't.
std::optional<http::Response> refusal_of(const http::Request& request, const EndpointRules& rules) {
    if (request.method != "POST") {
        http::Response response =
            refusal(wrong_method, "only a POST produces events: curl -X POST …?count=10");
        response.headers["Allow"] = "POST";
        return response;
    }
    if (is_foreign(request))
        return refusal(forbidden, "a page of " + std::string(http::header(request, "origin")) +
                                      " may not request events");
    const auto given = http::bearer_token(request);
    if (rules.token.empty() || (given && same_secret(*given, rules.token))) return std::nullopt;
    http::Response response =
        refusal(unauthorized, "the request must carry the token: Authorization: Bearer …");
    response.headers["WWW-Authenticate"] = "Bearer";
    return response;
}

int status_of(const Error& error) {
    return error.retryable() ? unavailable : failed;
}

std::string explained(const Error& error) {
    return error.hint().empty() ? error.what() : std::string(error.what()) + ". " + error.hint();
}

std::string failure_of(const Report& report) {
    if (report.failure) return explained(*report.failure);
    if (report.deliveries.failed > 0)
        return std::to_string(report.deliveries.failed) +
               " events were not acknowledged: " + report.deliveries.first_failure;
    return "the producer is shutting down";
}

http::Response answer_with(const Report& report, std::uint64_t count) {
    const bool complete = report.complete();
    Json counts = counts_as_json(report, complete);
    if (!complete) counts.set("err_msg", failure_of(report));
    const std::string generated = std::to_string(complete ? count : report.deliveries.delivered);
    const int status = complete ? ok : report.failure ? status_of(*report.failure) : unavailable;
    return reply(status, Json::object()
                             .set("miztiik_event_processed", complete)
                             .set("msg", "Generated " + generated + " messages")
                             .set("resp", std::move(counts))
                             .set("count", count)
                             .set("last_processed_on", time_text(now_in_micros())));
}

}  // namespace

Count requested_count(const http::Request& request, const EndpointRules& rules) {
    if (const auto found = request.query.find("count"); found != request.query.end()) {
        const Count count = count_of_text(found->second, rules.most);
        if (!count || *count > 0) return count;
    }
    const Count count = count_of_body(request.body, rules.most);
    if (!count || *count > 0) return count;
    return std::min(rules.default_count, rules.most);
}

http::Response answer(const http::Request& request, const EndpointRules& rules,
                      const Produce& produce) {
    if (auto refused = refusal_of(request, rules)) return *std::move(refused);
    const Count count = requested_count(request, rules);
    if (!count) return refusal(bad_request, count.failure());
    try {
        return answer_with(produce(*count), *count);
    } catch (const Error& error) {
        return refusal(status_of(error), explained(error));
    }
}

}  // namespace tidewheel::producer
