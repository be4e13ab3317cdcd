#include "tidewheel/sql/redis_options.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using sql::RedisUrl;

TEST_CASE("A Redis URL has a host, and may have a user, a port and a database") {
    const auto read = [](const std::string& url) {
        INFO(url);
        REQUIRE_FALSE(sql::wrong_redis_url(url));
        return sql::parse_redis_url(url);
    };
    CHECK(read("redis://cache") == RedisUrl{"cache", 6379, "", 0});
    CHECK(read("redis://cache:7000/3") == RedisUrl{"cache", 7000, "", 3});
    CHECK(read("redis://me@10.0.0.1/") == RedisUrl{"10.0.0.1", 6379, "me", 0});
    CHECK(read("redis://[::1]:7000") == RedisUrl{"::1", 7000, "", 0});
    CHECK(read("redis://[::1]").address() == "[::1]:6379");
}

TEST_CASE("What is no Redis URL is refused") {
    for (const char* url : {"", "redis://", "cache:6379", "http://cache", "rediss://cache",
                            "redis://cache:", "redis://cache:0", "redis://cache:65536",
                            "redis://cache:port", "redis://cache/one", "redis://cache/-1",
                            "redis://[::1", "redis://[]", "redis://[::1]7000", "redis://:pw@cache",
                            "redis://me:pw@cache", "redis://a b", "redis:///0"}) {
        INFO(url);
        CHECK(sql::wrong_redis_url(url));
    }
}

TEST_CASE("The value is a column, or the others as one object") {
    sql::Sink sink;
    sink.columns = {"key", "value"};
    auto columns = sql::redis_columns(sink);
    CHECK(sql::redis_value(columns) == "o.value::text");
    CHECK(sql::redis_deletion(columns) == "o.value::text IS NULL");

    sink.columns = {"id", "a", "B", "gone"};
    sink.options = {{"key", "id"}, {"deleted", "gone"}};
    columns = sql::redis_columns(sink);
    CHECK(columns.members == std::vector<std::string>{"a", "B"});
    CHECK(sql::redis_value(columns) ==
          "CASE WHEN o.gone THEN NULL ELSE (SELECT row_to_json(r) FROM (SELECT o.a, o.\"B\") "
          "r)::text END");
    CHECK(sql::redis_truncation(columns).empty());

    sink.options = {{"key", "id"}, {"value", "a"}, {"truncated", "gone"}};
    columns = sql::redis_columns(sink);
    CHECK(sql::redis_value(columns) == "CASE WHEN o.gone THEN NULL ELSE o.a::text END");
    CHECK(sql::redis_truncation(columns) == "o.gone IS TRUE");
}
