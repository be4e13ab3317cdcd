#include "configuration.hpp"

#include <array>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using Catch::Matchers::ContainsSubstring;

namespace {

ClientSettings with_options(std::vector<std::string> options) {
    ClientSettings settings;
    settings.brokers = "localhost:1";
    settings.options = std::move(options);
    return settings;
}

std::string value_of(const Conf& conf, const char* name) {
    std::array<char, 256> value{};
    std::size_t size = value.size();
    REQUIRE(rd_kafka_conf_get(conf.get(), name, value.data(), &size) == RD_KAFKA_CONF_OK);
    return value.data();
}

// The kind and the text of the Error that a configuration with this option throws.
Error refused(const std::string& option) {
    try {
        configuration(with_options({option}), producer_properties());
    } catch (const Error& error) {
        return error;
    }
    FAIL("no Error for " << option);
    throw;
}

}  // namespace

TEST_CASE("a user's option wins over ours") {
    const auto conf = configuration(with_options({"session.timeout.ms=6000", "client.id=mine"}),
                                    group_consumer_properties("g", 1 << 20));
    CHECK(value_of(conf, "session.timeout.ms") == "6000");
    CHECK(value_of(conf, "client.id") == "mine");
}

TEST_CASE("an option that exactly-once rests on is a setting error that names it") {
    const std::string name = GENERATE("enable.auto.commit", "enable.auto.offset.store",
                                      "auto.offset.reset", "isolation.level", "enable.idempotence",
                                      "acks", "request.required.acks", "group.id");
    const Error error = refused(name + "=1");
    CHECK(error.kind() == Error::Kind::setting);
    CHECK_THAT(error.what(), ContainsSubstring("\"" + name + "\""));
}

TEST_CASE("an unknown property and a wrong value are setting errors in librdkafka's words") {
    CHECK(refused("no.such.thing=1").kind() == Error::Kind::setting);
    CHECK_THAT(refused("no.such.thing=1").what(),
               ContainsSubstring("no.such.thing") && ContainsSubstring("no such property"));
    CHECK_THAT(refused("linger.ms=soon").what(),
               ContainsSubstring("linger.ms") && ContainsSubstring("Invalid value"));
}

TEST_CASE("an option without a name or a value is a setting error") {
    CHECK_THAT(refused("linger.ms").what(), ContainsSubstring("name=value"));
    CHECK_THAT(refused("=5").what(), ContainsSubstring("name=value"));
}

TEST_CASE("a secret that was put in the wrong place is not shown") {
    for (const std::string option : {"sasl.passwordhunter2", "sasl.passwordhunter2=",
                                     "sasl.password:hunter2=x", "ssl.key.password", "=hunter2"}) {
        const Error error = refused(option);
        INFO(error.what());
        CHECK(error.kind() == Error::Kind::setting);
        CHECK_THAT(error.what() + error.hint(), !ContainsSubstring("hunter2"));
    }
}

TEST_CASE("settings are checked without a broker") {
    ClientSettings settings;
    settings.brokers = "nowhere.invalid:1";
    CHECK_NOTHROW(check(settings));
    for (const char* wrong : {"no.such.thing=1", "security.protocol=x"}) {
        settings.options = {wrong};
        CHECK_THROWS_AS(check(settings), Error);
    }
}

TEST_CASE("no brokers is a setting error") {
    CHECK_THROWS_AS(configuration({}, producer_properties()), Error);
}

TEST_CASE("consumers of every kind read committed records from explicit offsets only") {
    const auto ours = GENERATE(group_consumer_properties("g", 8 << 20), reader_properties());
    const auto conf = configuration(with_options({}), ours);
    CHECK(value_of(conf, "isolation.level") == "read_committed");
    CHECK(value_of(conf, "enable.auto.commit") == "false");
    CHECK(value_of(conf, "enable.auto.offset.store") == "false");
    CHECK(value_of(conf, "check.crcs") == "true");
}

TEST_CASE("the queue of a partition is bounded by bytes and, against small records, by number") {
    const auto conf = configuration(with_options({}), group_consumer_properties("g", 8 << 20));
    CHECK(value_of(conf, "queued.max.messages.kbytes") == "8192");
    CHECK(value_of(conf, "queued.min.messages") == "16384");
    CHECK(value_of(conf, "fetch.message.max.bytes") == "1048576");
}

TEST_CASE("a fetch size of nothing still fetches something") {
    const auto conf = configuration(with_options({}), group_consumer_properties("g", 0));
    CHECK(value_of(conf, "queued.max.messages.kbytes") == "64");
}

TEST_CASE("the cure of the fetch stall is the setting that this librdkafka has") {
    CHECK(fetch_stall_cure(0x020002ff).first == "topic.metadata.refresh.interval.ms");
    CHECK(fetch_stall_cure(0x020200ff).first == "fetch.queue.backoff.ms");
    CHECK(fetch_stall_cure(0x020800ff).first == "fetch.queue.backoff.ms");
}

TEST_CASE("the producer is idempotent and waits for all replicas") {
    const auto conf = configuration(with_options({}), producer_properties());
    CHECK(value_of(conf, "enable.idempotence") == "true");
    CHECK(value_of(conf, "queue.buffering.max.kbytes") == "65536");
}
