#include "../src/message.hpp"

#include "../src/retry_after.hpp"
#include "tidewheel/http/webhook_signature.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using notifier::Message;

TEST_CASE("A row is an object with its id, and a batch is an array of them") {
    const std::vector<delivery::OutboxRow> rows{{7, R"({"a":1})"}, {9, R"({"a":2})"}};
    const Message one = notifier::message_of("u1", "shop.\"x\"", rows.front());
    CHECK(one.id == "msg_u1_7");
    CHECK(one.body == R"({"id":"msg_u1_7","type":"shop.\"x\"","data":{"a":1}})");
    const Message both = notifier::message_of("u1", "t", rows);
    CHECK(both.id == "msg_u1_7_9");
    CHECK(both.body == R"([{"id":"msg_u1_7","type":"t","data":{"a":1}},)"
                       R"({"id":"msg_u1_9","type":"t","data":{"a":2}}])");
}

TEST_CASE("A message carries its id, its time and, with a key, its signature") {
    const Message message{"msg_1", "{}"};
    const auto headers = notifier::headers_of(message, 1614265330, "key");
    CHECK(headers.at("webhook-id") == "msg_1");
    CHECK(headers.at("webhook-timestamp") == "1614265330");
    CHECK(headers.at("webhook-signature") ==
          http::webhook_signature("msg_1", 1614265330, "{}", "key"));
    CHECK_FALSE(notifier::headers_of(message, 1, "").contains("webhook-signature"));
}

TEST_CASE("Retry-After is seconds or a date") {
    CHECK(notifier::retry_after("120", 0) == 120s);
    CHECK(notifier::retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 15) == 45s);
    CHECK(notifier::retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 100) == 0s);
    CHECK_FALSE(notifier::retry_after("soon", 0));
    CHECK_FALSE(notifier::retry_after("-1", 0));
}
