// Records from sources: websockets, and whose turn it is to read them.
#include <csignal>
#include <filesystem>

#include "applied.hpp"
#include "source_service.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/proxy.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;
using testing::Exchange;
using testing::Source;
using testing::values_in;
using Values = std::vector<std::string>;

namespace {

std::string trades(const std::string& url, const std::string& options = "") {
    return "CREATE FOREIGN TABLE trades (base text, price numeric) SERVER kafka OPTIONS (topic "
           "'{topic}', partitions '1', source '" +
           url + "'" + options + ");";
}

std::string numbered(int n) {
    return "{\"base\":\"b\",\"price\":" + std::to_string(n) + "}";
}

// Says the next messages, until one of them is in the topic.
int say_until_heard(const testing::Deployment& site, Exchange& exchange, int from) {
    int next = from;
    eventually("a message arrives", [&] {
        exchange.say(numbered(next++));
        const Values values = values_in(site);
        return std::ranges::any_of(values, [&](const std::string& value) {
            for (int n = from; n < next; ++n)
                if (value == numbered(n)) return true;
            return false;
        });
    });
    return next;
}

bool has_repeated(Values values) {
    std::ranges::sort(values);
    return std::ranges::adjacent_find(values) != values.end();
}

}  // namespace

TEST_CASE("Each message of a websocket is a record, in order and unchanged") {
    const testing::Deployment site;
    Exchange exchange(true);
    const std::string binary("\0\xff{\x01", 4), large(900'000, 'x');
    testing::require_applied(site, trades(exchange.url(), ", source_message '{\"op\":\"all\"}'"));
    const Source source(site);
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    CHECK(exchange.subscriptions() == Values{"{\"op\":\"all\"}"});
    Values said{"", "no JSON", binary, large};
    exchange.say("");
    exchange.say("no JSON");
    exchange.say(binary, true);
    exchange.say(large);
    for (int n = 0; n < 2000; ++n)
        exchange.say(said.emplace_back(numbered(n)));
    eventually("all are in the topic", [&] { return values_in(site).size() == said.size(); });
    CHECK(values_in(site) == said);
    eventually("it is ready", [&] { return source.ready().status == 200; });
    CHECK(source.metric("tidewheel_source_records_total") == static_cast<double>(said.size()));
    CHECK(source.metric("tidewheel_source_up") == 1);
    CHECK(source.metric("tidewheel_source_gaps_total") == 0);
    eventually("status shows it", [&] {
        return site.tidewheel({"status"}).output.find("public.trades") != std::string::npos;
    });
    CHECK_THAT(site.tidewheel({"status"}).output, ContainsSubstring("SOURCE OF"));
}

TEST_CASE("A record has the key that its column says, as one that came through the ingress") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site,
                             "CREATE FOREIGN TABLE trades (id integer, base text) SERVER "
                             "kafka OPTIONS (topic '{topic}', key 'id', source '" +
                                 exchange.url() + "');");
    const Source source(site);
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    for (const char* message : {R"({"id": 7, "base": 5})", R"({"id":"x"})", "no JSON", "{}"})
        exchange.say(message);
    eventually("all are in the topic", [&] { return values_in(site).size() == 4; });
    Values keys;
    for (const auto& each : testing::stored_in(site.kafka(), site.topic()))
        keys.push_back(each.key);
    CHECK(keys == Values{"7", "", "", ""});
}

TEST_CASE("Headers of a stream come from its file, which is no part of the pipeline") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    const testing::TemporaryFile file("Authorization: Bearer secret\n");
    const std::string folder = file.path() + ".d";
    std::filesystem::create_directory(folder);
    std::filesystem::copy_file(file.path(), folder + "/trades");
    const Source source(site, {"TIDEWHEEL_SOURCE_HEADERS=" + folder});
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    CHECK(exchange.authorization() == "Bearer secret");
    CHECK_FALSE(source.says("secret"));
    std::filesystem::remove_all(folder);
}

TEST_CASE("A server that dies is connected again, and what may be missing is logged and counted") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    const Source source(site);
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    exchange.say(numbered(1));
    eventually("it arrives", [&] { return values_in(site).size() == 1; });
    exchange.die();
    eventually("it says so", [&] { return source.ready().status == 503; });
    CHECK_THAT(source.ready().body, ContainsSubstring("source of public.trades: since 2"));
    eventually("its metric, too", [&] { return source.metric("tidewheel_source_up") == 0; });
    exchange.live_again();
    eventually("it is connected again", [&] { return exchange.connected() == 1; });
    eventually("it is ready", [&] { return source.ready().status == 200; });
    exchange.say(numbered(2));
    eventually("it arrives", [&] { return values_in(site).size() == 2; });
    CHECK(values_in(site) == Values{numbered(1), numbered(2)});
    CHECK_THAT(source.log(), ContainsSubstring("messages of this time may be missing") &&
                                 ContainsSubstring(" from=") && ContainsSubstring(" until="));
    CHECK(source.metric("tidewheel_source_gaps_total") == 1);
    CHECK(source.metric("tidewheel_source_gap_seconds_total") > 0);
    CHECK(source.metric("tidewheel_source_connects_total") == 2);
}

TEST_CASE("A server that goes silent without closing is left for a new connection") {
    const testing::Deployment site;
    Exchange exchange;
    testing::Proxy network("127.0.0.1:" +
                           exchange.url().substr(15, exchange.url().rfind('/') - 15));
    testing::require_applied(site, trades("ws://" + network.address() + "/"));
    const Source source(site, {"TIDEWHEEL_SOURCE_IDLE_TIME=2s"});
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    network.hold();
    eventually("it notices",
               [&] { return source.says("nothing was heard from the server for 2000 ms"); });
    network.heal();
    eventually("it is connected again",
               [&] { return source.metric("tidewheel_source_connects_total") == 2; });
}

TEST_CASE("After kill -9 of its owner another instance has the source") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    auto owner = std::make_unique<Source>(site);
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    const Source standby(site);
    int next = say_until_heard(site, exchange, 0);
    CHECK(exchange.connected() == 1);
    eventually("what arrived is stored", [&] {
        return site.value("SELECT complete_until IS NOT NULL FROM tidewheel.sources") == "t";
    });
    owner->process().signal(SIGKILL);
    eventually("the other one is connected", [&] {
        exchange.say(numbered(next++));
        return standby.metric("tidewheel_source_connects_total") == 1;
    });
    say_until_heard(site, exchange, next);
    CHECK_FALSE(has_repeated(values_in(site)));
    CHECK(standby.says("messages of this time may be missing"));
    CHECK(standby.metric("tidewheel_source_gaps_total") == 1);
}

TEST_CASE("An owner that was stopped gives the source to another at once") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    Source owner(site);
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    const Source standby(site);
    exchange.say(numbered(1));
    eventually("it was received",
               [&] { return owner.metric("tidewheel_source_records_total") == 1; });
    owner.process().signal(SIGTERM);
    CHECK(owner.process().wait() == 0);
    CHECK(values_in(site) == Values{numbered(1)});
    const auto stopped = Clock::system().now();
    eventually("the other one is connected",
               [&] { return standby.metric("tidewheel_source_connects_total") == 1; });
    CHECK(Clock::system().now() - stopped < 5s);
}

TEST_CASE("A frozen owner loses the source, and writes nothing when it wakes") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    Source owner(site);
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    const Source standby(site);
    int next = say_until_heard(site, exchange, 0);
    owner.process().signal(SIGSTOP);
    eventually("the other one is connected",
               [&] { return standby.metric("tidewheel_source_connects_total") == 1; });
    // Both hear these: the frozen one has them in its socket.
    const int first = next;
    next = say_until_heard(site, exchange, next);
    owner.process().signal(SIGCONT);
    eventually("it lets go", [&] { return owner.says("the claim was not renewed in time"); });
    next = say_until_heard(site, exchange, next);
    const Values values = values_in(site);
    CHECK(std::ranges::count(values, numbered(first)) == 1);
    CHECK_FALSE(has_repeated(values));
    eventually("it has nothing", [&] { return owner.metric("tidewheel_source_up") == -1; });
}

TEST_CASE("An owner that PostgreSQL can't hear lets go before another takes the source") {
    const testing::Deployment site;
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    const auto at = site.url().find('@') + 1, end = site.url().find('/', at);
    testing::Proxy network(site.url().substr(at, end - at));
    const Source owner(site, {"TIDEWHEEL_DATABASE=" +
                              std::string(site.url()).replace(at, end - at, network.address())});
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    const Source standby(site);
    int next = say_until_heard(site, exchange, 0);
    network.hold();
    eventually("the other one is connected", [&] {
        exchange.say(numbered(next++));
        return standby.metric("tidewheel_source_connects_total") == 1;
    });
    say_until_heard(site, exchange, next);
    CHECK_FALSE(has_repeated(values_in(site)));
}

TEST_CASE("While Kafka is away the messages wait, and arrive in their order", "[outage]") {
    testing::PrivateKafka kafka;
    const testing::TemporaryDatabase database;
    const testing::Deployment site(database.url(), kafka.settings());
    Exchange exchange;
    testing::require_applied(site, trades(exchange.url()));
    const Source source(site, {"TIDEWHEEL_SOURCE_QUEUE_BYTES=1MiB"});
    eventually("it is connected", [&] { return exchange.connected() == 1; });
    exchange.say(numbered(0));
    eventually("it arrives", [&] { return values_in(site).size() == 1; });
    kafka.freeze();
    Values said{numbered(0)};
    // More than may wait: the rest stays in the sockets.
    const std::string blanks(10'000, ' ');
    for (int n = 1; n < 400; ++n)
        exchange.say(said.emplace_back(numbered(n) + blanks));
    eventually("it says so", [&] { return source.says("records wait for Kafka"); });
    eventually("it is not ready", [&] { return source.ready().status == 503; });
    kafka.thaw();
    eventually("all are in the topic", [&] { return values_in(site).size() == said.size(); });
    CHECK(values_in(site) == said);
    CHECK(source.metric("tidewheel_source_connects_total") == 1);
    CHECK(source.metric("tidewheel_source_lost_records_total") == 0);
    eventually("it is ready", [&] { return source.ready().status == 200; });
}

TEST_CASE("The source follows the catalogue: another URL, and none") {
    const testing::Deployment site;
    Exchange one, other;
    testing::require_applied(site, trades(one.url()));
    const Source source(site);
    eventually("it is connected", [&] { return one.connected() == 1; });
    testing::require_applied(site, trades(other.url()));
    eventually("it is connected to the other one", [&] { return other.connected() == 1; });
    other.say(numbered(1));
    eventually("it arrives", [&] { return values_in(site).size() == 1; });
    CHECK(source.metric("tidewheel_source_gaps_total") == 0);
    testing::require_applied(site,
                             "CREATE FOREIGN TABLE trades (base text, price numeric) SERVER kafka "
                             "OPTIONS (topic '{topic}', partitions '1');");
    eventually("it has let go", [&] { return source.metric("tidewheel_source_up") == -1; });
    eventually("it is ready", [&] { return source.ready().status == 200; });
}

TEST_CASE("apply refuses a source that could not work") {
    const testing::Deployment site;
    const std::vector<std::pair<std::string, std::string>> cases = {
        {trades("wss://exam ple/"),
         "sql:1:121: error: source is not a URL of ws, wss, http or https"},
        {trades("https://x/", ", source_interval 'often'"), "is not an interval"},
        {trades("https://me:secret@x/"), "source holds a user or password"},
        {"CREATE FOREIGN TABLE s (h text OPTIONS (header 'h') NOT NULL) SERVER kafka OPTIONS "
         "(topic '{topic}', source 'wss://x/');",
         "column h is NOT NULL, but no source can give it a value"},
    };
    for (const auto& [text, said] : cases) {
        INFO(text);
        const auto refused = site.apply(text);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring(said));
    }
}
