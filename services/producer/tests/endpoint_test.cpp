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
const EndpointRules rules{.default_count = default_count, .most = 1'000'000, .token = {}};

http::Request post() {
    http::Request request;
    request.method = "POST";
    return request;
}

http::Request with_query(const std::string& count) {
    http::Request request = post();
    request.query["count"] = count;
    return request;
}

http::Request with_body(const std::string& body) {
    http::Request request = post();
    request.body = body;
    return request;
}

std::uint64_t count_of(const http::Request& request) {
    return *requested_count(request, rules);
}
std::string refusal_of(const http::Request& request) {
    return requested_count(request, rules).failure();
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
        CHECK_FALSE(requested_count(with_query(count), rules));
    }
    for (const char* body :
         {R"({"count": "abc"})", R"({"count": "10"})", R"({"count": -1})", R"({"count": 1.5})",
          R"({"count": []})", "[1]", "10", "count=10", "{"}) {
        CAPTURE(body);
        CHECK_FALSE(requested_count(with_body(body), rules));
    }
}

TEST_CASE("a wrong count is answered with 400 and nothing is produced") {
    const http::Response response = answer(with_query("abc"), rules, [](std::uint64_t) -> Report {
        FAIL("produced");
        return {};
    });
    CHECK(response.status == 400);
    const Json json = Json::parse(response.body).value();
    CHECK_FALSE(json.find("miztiik_event_processed")->boolean());
    CHECK_THAT(json.find("msg")->string(), ContainsSubstring("whole number"));
}

TEST_CASE("a request that went well is answered with all the keys") {
    const http::Response response = answer(with_query("9"), rules, delivered);
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
    const http::Response response = answer(with_query("9"), rules, [](std::uint64_t count) {
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

TEST_CASE("an unavailable broker gives a 503, one that refuses a 500") {
    const auto status_when = [](Error::Kind kind) {
        return answer(post(), rules,
                      [kind](std::uint64_t) -> Report { throw Error(kind, "no", "why"); })
            .status;
    };
    CHECK(status_when(Error::Kind::unavailable) == 503);
    CHECK(status_when(Error::Kind::refused) == 500);
}

TEST_CASE("a producer that shuts down in the middle says so and not that all is well") {
    const http::Response response = answer(with_query("9"), rules, [](std::uint64_t) {
        Report report = delivered(5);
        report.interrupted = true;
        return report;
    });
    CHECK(response.status == 503);
    CHECK_THAT(response.body, ContainsSubstring("shutting down"));
}

namespace {

int status_of(const http::Request& request, const EndpointRules& with = rules) {
    bool produced = false;
    const http::Response response = answer(request, with, [&](std::uint64_t count) {
        produced = true;
        return delivered(count);
    });
    CHECK(produced == (response.status == 200));
    return response.status;
}

http::Request with_header(const std::string& name, const std::string& value) {
    http::Request request = with_query("9");
    request.headers["host"] = "127.0.0.1:8080";
    request.headers[name] = value;
    return request;
}

}  // namespace

TEST_CASE("only a POST produces, and any other method is refused") {
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "BREW"}) {
        http::Request request = with_query("9");
        request.method = method;
        const http::Response response = answer(request, rules, [](std::uint64_t) -> Report {
            FAIL("produced");
            return {};
        });
        CHECK(response.status == 405);
        CHECK(response.headers.at("Allow") == "POST");
        CHECK_THAT(response.body, ContainsSubstring("curl -X POST"));
    }
}

TEST_CASE("a page of another site can't have events produced") {
    CHECK(status_of(with_header("origin", "http://127.0.0.1:8080")) == 200);
    for (const char* origin :
         {"https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:80800",
          "http://localhost:8080", "http://127.0.0.1:8080.evil.example"}) {
        CAPTURE(origin);
        CHECK(status_of(with_header("origin", origin)) == 403);
    }
    // A name of the attacker's that was made to lead here is its own origin.
    http::Request rebound = with_header("origin", "http://evil.example:8080");
    rebound.headers["host"] = "evil.example:8080";
    CHECK(status_of(rebound) == 403);
    http::Request local = with_header("origin", "http://localhost:8080");
    local.headers["host"] = "localhost:8080";
    CHECK(status_of(local) == 200);
}

TEST_CASE("where a token is set, a request must carry it") {
    EndpointRules guarded = rules;
    guarded.token = "s3cret";
    CHECK(status_of(with_query("9"), guarded) == 401);
    CHECK(status_of(with_header("authorization", "Bearer s3cret"), guarded) == 200);
    CHECK(status_of(with_header("authorization", "bearer s3cret"), guarded) == 200);
    for (const char* wrong : {"Bearer s3cre", "Bearer s3crets", "Bearer s3cret, Bearer s3cret",
                              "Bearer ", "Bearer", "s3cret", "Basic s3cret", "Bearer S3CRET"}) {
        CAPTURE(wrong);
        CHECK(status_of(with_header("authorization", wrong), guarded) == 401);
    }
    const auto refused = answer(with_query("9"), guarded, delivered);
    CHECK(refused.headers.at("WWW-Authenticate") == "Bearer");
    CHECK_THAT(refused.body, !ContainsSubstring("s3cret"));
}

TEST_CASE("the largest count is a setting") {
    EndpointRules small = rules;
    small.most = 5;
    CHECK(status_of(with_query("5"), small) == 200);
    CHECK(status_of(with_query("6"), small) == 400);
    CHECK(status_of(with_body(R"({"count": 6})"), small) == 400);
    CHECK(*requested_count(post(), small) == 5);  // the default is more
}
