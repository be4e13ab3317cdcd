#include "problem.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::ingress;

TEST_CASE("A problem is application/problem+json with its records and fields") {
    const auto response =
        response_of({400,
                     "1 record of 2 can't be accepted",
                     {{1, 3, "wrong_type", "customer.id", "\"x\" is not a number"}},
                     {{"X", "y"}}});
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/problem+json");
    CHECK(response.headers.at("X") == "y");
    const auto json = codec::Json::parse(response.body).value();
    CHECK(json.find("title")->string() == "Bad Request");
    CHECK(json.find("status")->integer() == 400);
    CHECK(json.find("refused")->integer() == 1);
    const auto& error = json.find("errors")->items().at(0);
    CHECK(error.find("index")->integer() == 1);
    CHECK(error.find("line")->integer() == 3);
    CHECK(error.find("reason")->string() == "wrong_type");
    CHECK(error.find("field")->string() == "customer.id");
}

TEST_CASE("What is not known is left out, and so are most of very many records") {
    const auto none = codec::Json::parse(response_of({404, "nothing here"}).body).value();
    CHECK_FALSE(none.find("errors"));
    const std::vector<RecordError> many(most_errors_named + 1, {0, 0, "empty", "", "it is empty"});
    const auto json = codec::Json::parse(response_of({400, "all bad", many}).body).value();
    CHECK(json.find("refused")->integer() == static_cast<std::int64_t>(most_errors_named) + 1);
    CHECK(json.find("errors")->items().size() == most_errors_named);
    CHECK_FALSE(json.find("errors")->items()[0].find("line"));
    CHECK_FALSE(json.find("errors")->items()[0].find("field"));
}
