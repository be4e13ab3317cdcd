#include "errors.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using Catch::Matchers::ContainsSubstring;

TEST_CASE(
    "a broker that is away is unavailable, a wrong password is a setting, a missing topic is "
    "refused") {
    CHECK(kind_of(RD_KAFKA_RESP_ERR__TRANSPORT) == Error::Kind::unavailable);
    CHECK(kind_of(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) == Error::Kind::unavailable);
    CHECK(kind_of(RD_KAFKA_RESP_ERR__AUTHENTICATION) == Error::Kind::setting);
    CHECK(kind_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) == Error::Kind::refused);
    CHECK(kind_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) == Error::Kind::refused);
}

TEST_CASE("an error that is not listed is unavailable and does not heal by itself") {
    const auto unlisted = RD_KAFKA_RESP_ERR__INCONSISTENT;
    CHECK(kind_of(unlisted) == Error::Kind::unavailable);
    CHECK_FALSE(heals_by_itself(unlisted));
}

TEST_CASE("damaged and missing records never count as something that heals") {
    CHECK_FALSE(heals_by_itself(RD_KAFKA_RESP_ERR__BAD_MSG));
    CHECK_FALSE(heals_by_itself(RD_KAFKA_RESP_ERR__BAD_COMPRESSION));
    CHECK_FALSE(heals_by_itself(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET));
    CHECK_FALSE(heals_by_itself(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE));
    CHECK(heals_by_itself(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION));
}

TEST_CASE("an error says what happened, in librdkafka's words, and what to do") {
    const Error error = error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, "Kafka", "SASL PLAIN: no");
    CHECK_THAT(error.what(), ContainsSubstring("Kafka: SASL PLAIN: no"));
    CHECK_THAT(error.hint(), ContainsSubstring("password"));
    CHECK_THAT(error_of(RD_KAFKA_RESP_ERR__TRANSPORT, "x").what(), ContainsSubstring("x: Local: "));
}

TEST_CASE("a refused login by SCRAM is the client library's fault where that is old") {
    const std::string scram =
        "SASL authentication error: invalid credentials with SASL mechanism "
        "SCRAM-SHA-512";
    CHECK_THAT(login_hint(0x020002ff, scram), ContainsSubstring("older than 2.6.1"));
    CHECK_THAT(login_hint(0x020600ff, scram), ContainsSubstring("own-servers.md"));
    CHECK_THAT(login_hint(0x020601ff, scram), !ContainsSubstring("2.6.1"));
    CHECK_THAT(login_hint(0x020002ff, "invalid credentials with SASL mechanism PLAIN"),
               !ContainsSubstring("2.6.1"));
}
