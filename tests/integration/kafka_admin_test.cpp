#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// What the call throws; fails the test when it doesn't.
template <typename Call>
Error error_from(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    FAIL("no Error was thrown");
    throw;
}

}  // namespace

TEST_CASE("a topic is created once, with its partitions and configuration") {
    Admin admin(testing::kafka());
    const auto topic = testing::unique("admin");
    CHECK_FALSE(admin.partitions(topic).has_value());
    CHECK(admin.create_topic(topic, 3, -1, {{"cleanup.policy", "compact"}}));
    CHECK(admin.partitions(topic) == 3);
    CHECK_FALSE(admin.create_topic(topic, 5));
    CHECK(admin.partitions(topic) == 3);
    CHECK(admin.watermarks(topic, 2) == std::pair<std::int64_t, std::int64_t>{0, 0});

    admin.delete_topic(topic);
    testing::eventually("the topic is gone", [&] { return !admin.partitions(topic).has_value(); });
}

TEST_CASE("asking for a topic does not create it") {
    Admin admin(testing::kafka());
    const auto topic = testing::unique("admin");
    CHECK_FALSE(admin.partitions(topic).has_value());
    CHECK_FALSE(admin.partitions(topic).has_value());
}

TEST_CASE("what the broker refuses is refused with its words and the topic's name") {
    Admin admin(testing::kafka());
    const auto topic = testing::unique("admin");
    const Error wrong = error_from([&] { admin.create_topic(topic, 1, -1, {{"no.such", "1"}}); });
    CHECK(wrong.kind() == Error::Kind::refused);
    CHECK_THAT(wrong.what(), ContainsSubstring(topic) && ContainsSubstring("no.such"));
    const Error missing = error_from([&] { admin.delete_topic(topic); });
    CHECK(missing.kind() == Error::Kind::refused);
    CHECK_THAT(missing.what(), ContainsSubstring(topic));
    CHECK(error_from([&] { admin.watermarks(topic, 0); }).kind() == Error::Kind::refused);
}

TEST_CASE("a group without offsets has none in any partition") {
    Admin admin(testing::kafka());
    const auto topic = testing::unique("admin");
    admin.create_topic(topic, 2);
    CHECK(admin.group_offsets(testing::unique("group"), topic, 2) ==
          std::map<int, std::int64_t>{{0, -1}, {1, -1}});
}

TEST_CASE("no broker within the timeout is unavailable, and the message says which one") {
    ClientSettings settings = testing::kafka();
    settings.brokers = "127.0.0.1:1";
    Admin admin(settings, 500ms);
    const auto begin = std::chrono::steady_clock::now();
    const Error away = error_from([&] { admin.partitions("anything"); });
    CHECK(away.kind() == Error::Kind::unavailable);
    CHECK_THAT(away.what(), ContainsSubstring("127.0.0.1:1"));
    CHECK(error_from([&] { admin.create_topic("anything", 1); }).kind() ==
          Error::Kind::unavailable);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}
