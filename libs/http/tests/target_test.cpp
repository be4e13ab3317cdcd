#include "target.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::http::parse_address;
using tidewheel::http::parse_target;

TEST_CASE("A target is a path and a query, decoded once") {
    const auto target = parse_target("/a%20b+c/%2525?x=1+2&y=%C3%BC%26&x=3&flag&=v&&z==");
    REQUIRE(target);
    CHECK(target->path == "/a b+c/%25");
    const std::map<std::string, std::string> expected{
        {"x", "3"}, {"y", "ü&"}, {"flag", ""}, {"", "v"}, {"z", "="}};
    CHECK(target->query == expected);
    CHECK(parse_target("/")->query.empty());
    CHECK(parse_target("/?")->query.empty());
}

TEST_CASE("An absolute target loses its authority") {
    CHECK(parse_target("http://host:80/p?q=1")->path == "/p");
    CHECK(parse_target("http://host")->path == "/");
}

TEST_CASE("Bad percent encoding, NUL and other forms are refused") {
    for (const char* bad : {"", "*", "a/b", "host:80", "/%", "/%2", "/%2x", "/%x2", "/%-1", "/%+1",
                            "/%00", "/ok?a=%", "/ok?%zz=1", "/ok?a=%0"}) {
        INFO(bad);
        CHECK_FALSE(parse_target(bad));
    }
}

TEST_CASE("An address is a host and a port") {
    CHECK(parse_address("127.0.0.1:9464")->host == "127.0.0.1");
    CHECK(parse_address("[::1]:0")->host == "::1");
    CHECK(parse_address("localhost:65535")->port == "65535");
    for (const char* bad : {"", "host", ":80", "host:", "host:x", "host:65536", "host:-1", "::1:80",
                            "host:80x", "[]:80"}) {
        INFO(bad);
        CHECK_FALSE(parse_address(bad));
    }
}
