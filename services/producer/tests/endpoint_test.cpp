#include "producer/endpoint.hpp"

#include "producer/time_text.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using Catch::Matchers::ContainsSubstring;
using codec::Json;

namespace {

constexpr std::uint64_t default_count = 10;

http::Request with_query(const std::string& count) {
    http::Request request;
    request.query["count"] = count;
    return request;
}

http::Request with_body(const std::string& body) {
    http::Request request;
    request.body = body;
    return request;
}

std::uint64_t count_of(const http::Request& request) {
    return *requested_count(request, default_count);
}
std::string refusal_of(const http::Request& request) {
    return requested_count(request, default_count).failure();
}

Report delivered(std::uint64_t count) {
    Report report;
    report.counts = {
        .sent = count, .sales = 4, .inventory = count - 4, .bad = 1, .sales_cents = 50'703};
    report.deliveries = {.sent = count, .delivered = count, .failed = 0, .first_failure = {}};
    return report;
}

}  // namespace

TEST_CASE("the query's count comes first, then the body's, then the default") {
    http::Request both = with_query("7");
    both.body = R"({"count": 8})";
    CHECK(count_of(both) == 7);
    CHECK(count_of(with_body(R"({"count": 8})")) == 8);
    CHECK(count_of({}) == default_count);
}

TEST_CASE("a count of 0 falls through like a missing one") {
    http::Request request = with_query("0");
    CHECK(count_of(request) == default_count);
    request.body = R"({"count": 8})";
    CHECK(count_of(request) == 8);
    CHECK(count_of(with_body(R"({"count": 0})")) == default_count);
    CHECK(count_of(with_body(R"({"count": null})")) == default_count);
    CHECK(count_of(with_body("{}")) == default_count);
    CHECK(count_of(with_body(" \r\n")) == default_count);
}

TEST_CASE("a million is accepted and one more is not") {
    CHECK(count_of(with_query("1000000")) == 1'000'000);
    CHECK_THAT(refusal_of(with_query("1000001")), ContainsSubstring("1000000"));
    CHECK_THAT(refusal_of(with_body(R"({"count": 1000001})")), ContainsSubstring("1000000"));
    CHECK_THAT(refusal_of(with_query("99999999999999999999999")), ContainsSubstring("1000000"));
}

TEST_CASE("a count that is no count is refused") {
    for (const char* count :
         {"abc", "", "1.5", "10x", " 10", "0x10", "1e3", "-1", "-99999999999999999999"}) {
        CAPTURE(count);
        CHECK_FALSE(requested_count(with_query(count), default_count));
    }
    for (const char* body :
         {R"({"count": "abc"})", R"({"count": "10"})", R"({"count": -1})", R"({"count": 1.5})",
          R"({"count": []})", "[1]", "10", "count=10", "{"}) {
        CAPTURE(body);
        CHECK_FALSE(requested_count(with_body(body), default_count));
    }
}

TEST_CASE("a wrong count is answered with 400 and nothing is produced") {
    const http::Response response =
        answer(with_query("abc"), default_count, [](std::uint64_t) -> Report {
            FAIL("produced");
            return {};
        });
    CHECK(response.status == 400);
    const Json json = Json::parse(response.body).value();
    CHECK_FALSE(json.find("miztiik_event_processed")->boolean());
    CHECK_THAT(json.find("msg")->string(), ContainsSubstring("whole number"));
}

TEST_CASE("a request that went well is answered with all the keys") {
    const http::Response response = answer(with_query("9"), default_count, delivered);
    CHECK(response.status == 200);
    CHECK(response.content_type == "application/json");
    const Json json = Json::parse(response.body).value();
    CHECK(json.find("miztiik_event_processed")->boolean());
    CHECK(json.find("msg")->string() == "Generated 9 messages");
    CHECK(json.find("count")->integer() == 9);
    CHECK(parse_time(json.find("last_processed_on")->string()));
    const Json& resp = *json.find("resp");
    CHECK(resp.find("status")->boolean());
    CHECK(resp.find("tot_msgs")->integer() == 9);
    CHECK(resp.find("bad_msgs")->integer() == 1);
    CHECK(resp.find("sale_evnts")->integer() == 4);
    CHECK(resp.find("inventory_evnts")->integer() == 5);
    CHECK(resp.find("tot_sales")->number() == 507.03);
    CHECK_FALSE(resp.find("err_msg"));
}

TEST_CASE("events that were not acknowledged make a 503 that keeps the counts") {
    const http::Response response = answer(with_query("9"), default_count, [](std::uint64_t count) {
        Report report = delivered(count);
        report.deliveries = {
            .sent = count, .delivered = count - 2, .failed = 2, .first_failure = "timed out"};
        return report;
    });
    CHECK(response.status == 503);
    CHECK(response.headers.count("Retry-After") == 1);
    const Json json = Json::parse(response.body).value();
    CHECK_FALSE(json.find("miztiik_event_processed")->boolean());
    CHECK_FALSE(json.find("resp")->find("status")->boolean());
    CHECK(json.find("resp")->find("tot_msgs")->integer() == 9);
    CHECK_THAT(json.find("resp")->find("err_msg")->string(), ContainsSubstring("timed out"));
}

TEST_CASE("a broker that is away makes a 503, one that refuses a 500") {
    const auto status_when = [](Error::Kind kind) {
        return answer({}, default_count,
                      [kind](std::uint64_t) -> Report { throw Error(kind, "no", "why"); })
            .status;
    };
    CHECK(status_when(Error::Kind::unavailable) == 503);
    CHECK(status_when(Error::Kind::refused) == 500);
}

TEST_CASE("a producer that shuts down in the middle says so and not that all is well") {
    const http::Response response = answer(with_query("9"), default_count, [](std::uint64_t) {
        Report report = delivered(5);
        report.interrupted = true;
        return report;
    });
    CHECK(response.status == 503);
    CHECK_THAT(response.body, ContainsSubstring("shutting down"));
}
