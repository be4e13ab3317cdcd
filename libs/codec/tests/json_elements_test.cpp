#include "tidewheel/codec/json_elements.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::codec::json_elements;
using Texts = std::vector<std::string_view>;

namespace {

Texts of(std::string_view document, const std::vector<std::string>& path = {}) {
    const auto elements = json_elements(document, path);
    INFO((elements ? "" : elements.failure()));
    REQUIRE(elements);
    return *elements;
}

std::string fault(std::string_view document, const std::vector<std::string>& path = {}) {
    const auto elements = json_elements(document, path);
    return elements ? "none" : elements.failure();
}

}  // namespace

TEST_CASE("The elements of an array are what stands there, to the byte") {
    CHECK(of(R"([{"a": 1.50},{"b":[1,{"c":"]},"}]} , null,"x\"y",-1e3])") ==
          Texts{R"({"a": 1.50})", R"({"b":[1,{"c":"]},"}]})", "null", R"("x\"y")", "-1e3"});
    CHECK(of(" [ ] ").empty());
    CHECK(of("[[],[1]]") == Texts{"[]", "[1]"});
    CHECK(of(" {\"a\": 1}\n") == Texts{"{\"a\": 1}"});
    CHECK(of("7") == Texts{"7"});
}

TEST_CASE("A path leads through members, whose names may be escaped or have dots") {
    CHECK(of(R"({"n":[0],"data":[{"id":"a"},{"id":"b"}],"timestamp":1})", {"data"}) ==
          Texts{R"({"id":"a"})", R"({"id":"b"})"});
    CHECK(of(R"({"a":{"x.y":{"d\u0061ta" : [ 1 ,2 ] }}})", {"a", "x.y", "data"}) ==
          Texts{"1", "2"});
    CHECK(of(R"({"data":{"id":1}})", {"data"}) == Texts{R"({"id":1})"});
    CHECK(of(R"({"other":{"data":[1]},"data":[]})", {"data"}).empty());
}

TEST_CASE("What is not JSON, or lacks the path, is refused with the place") {
    CHECK(fault("") == "The document is empty. at byte 0");
    CHECK_THAT(fault("<html>"), Catch::Matchers::ContainsSubstring("at byte 0"));
    CHECK_THAT(fault("[1,]"), Catch::Matchers::ContainsSubstring("at byte 3"));
    CHECK_THAT(fault("[{}"), Catch::Matchers::ContainsSubstring("at byte 3"));
    CHECK_THAT(fault("[1] x"), Catch::Matchers::ContainsSubstring("at byte 4"));
    CHECK_THAT(fault("[\"\xff\"]"), Catch::Matchers::ContainsSubstring("at byte 2"));
    CHECK(fault("{}", {"data"}) == "there is no member \"data\"");
    CHECK(fault("[]", {"data"}) == "where \"data\" should be is no object");
    CHECK(fault(R"({"data":1,"data":2})", {"data"}) == "the member \"data\" appears twice");
    CHECK_THAT(fault(std::string(100'000, '[')),
               Catch::Matchers::ContainsSubstring("nested more than 65 levels"));
}
