// Records from bodies that are polled.
#include <csignal>

#include "applied.hpp"
#include "source_service.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/certificates.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;
using testing::Rest;
using testing::Source;
using testing::values_in;

namespace {

std::string assets(const std::string& url, const std::string& options) {
    return "CREATE FOREIGN TABLE assets (id text NOT NULL, rank integer) SERVER kafka OPTIONS "
           "(topic '{topic}', partitions '2', source '" +
           url + "', source_path 'data', key 'id'" + options + ");";
}

std::string outcome(const Source& source, const std::string& name) {
    const std::string text = source.metrics();
    const auto at = text.find("outcome=\"" + name + "\"");
    return at == std::string::npos ? "0" : text.substr(text.find("} ", at) + 2, 1);
}

}  // namespace

TEST_CASE("A poll makes a record of each element, and nothing of a body that did not change") {
    const testing::Deployment site;
    Rest rest;
    const std::string body =
        R"({"data":[{"id":"bitcoin","rank": 1}, {"id":"ether","x":1.50}],"timestamp":1})";
    rest.has(body, "\"v1\"");
    testing::require_applied(site, assets(rest.url(), ", source_interval '1'"));
    {
        const Source source(site);
        eventually("304 is answered", [&] { return rest.answered_304() > 1; });
        rest.has(body);  // without an ETag the hash tells
        const int polls = rest.polls();
        eventually("it is polled again", [&] { return rest.polls() > polls + 1; });
        CHECK(source.metric("tidewheel_source_records_total") == 2);
        CHECK(outcome(source, "changed") == "1");
    }
    auto stored = testing::stored_in(site.kafka(), site.topic());
    std::ranges::sort(stored, {}, &testing::Stored::key);
    REQUIRE(stored.size() == 2);
    CHECK(stored[0].value == R"({"id":"bitcoin","rank": 1})");
    CHECK(stored[0].key == "bitcoin");
    CHECK(stored[1].value == R"({"id":"ether","x":1.50})");
    CHECK(stored[1].key == "ether");
    // What was found last outlives the service.
    const Source again(site);
    eventually("it is polled", [&] { return outcome(again, "unchanged") != "0"; });
    CHECK(values_in(site).size() == 2);
    rest.has(R"({"data":[{"id":"doge"}]})");
    eventually("the new one arrives", [&] { return values_in(site).size() == 3; });
}

TEST_CASE("A body that Kafka has not acknowledged is fetched again after kill -9", "[outage]") {
    testing::PrivateKafka kafka;
    const testing::TemporaryDatabase database;
    const testing::Deployment site(database.url(), kafka.settings());
    Rest rest;
    rest.has(R"({"data":[{"id":"old"}]})");
    testing::require_applied(site, assets(rest.url(), ", source_interval '1 s'"));
    const auto hash = [&] { return site.value("SELECT body_hash FROM tidewheel.sources"); };
    Source owner(site);
    eventually("the first body is stored",
               [&] { return site.value("SELECT count(body_hash) FROM tidewheel.sources") == "1"; });
    const std::string before = hash();
    kafka.freeze();
    const int polls = rest.polls();
    rest.has(R"({"data":[{"id":"new"}]})");
    eventually("the new body is fetched", [&] { return rest.polls() > polls; });
    const std::string then = site.value("SELECT clock_timestamp()");
    eventually("the claim is renewed", [&] {
        return site.value("SELECT renewed_at > '" + then + "' FROM tidewheel.sources") == "t";
    });
    CHECK(hash() == before);
    owner.process().signal(SIGKILL);
    kafka.thaw();
    const Source next(site);
    eventually("it is in the topic",
               [&] { return std::ranges::count(values_in(site), R"({"id":"new"})") > 0; });
    eventually("the state is stored", [&] { return hash() != before; });
}

TEST_CASE("A body that is of no use makes no record, and is polled again") {
    const testing::Deployment site;
    Rest rest;
    testing::require_applied(site, assets(rest.url(), ", source_interval '1 s'"));
    const Source source(site,
                        {"TIDEWHEEL_SOURCE_REQUEST_TIME=1s", "TIDEWHEEL_SOURCE_BODY_BYTES=5000"});
    const auto refused = [&](const std::string& said) {
        eventually(said, [&] { return source.says(said); });
    };
    refused("answers with status 404");
    CHECK_THAT(source.ready().body, ContainsSubstring("source of public.assets: since 2"));
    rest.has("<html>sorry</html>");
    refused("can't be read: ");
    rest.has(R"({"data":[{"id":"a"}, {"id":"b"})");
    refused("at byte 31");
    rest.has(R"({"items":[]})");
    refused("there is no member");
    rest.has("{}", {}, 500);
    refused("answers with status 500");
    rest.has(R"({"data":[{"id":")" + std::string(6000, 'x') + "\"}]}");
    refused("larger than 5000 bytes");
    rest.hangs(true);
    refused("no answer within 1000 ms");
    CHECK(values_in(site).empty());
    rest.hangs(false);
    rest.has(R"({"data":[{"id":"a"}]})");
    eventually("it is polled", [&] { return values_in(site).size() == 1; });
    eventually("it is ready", [&] { return source.ready().status == 200; });
}

TEST_CASE("A poll by hand needs no service, and says how many records there are") {
    const testing::Deployment site;
    Rest rest;
    rest.has(R"({"data":[{"id":"a"},{"id":"b"}]})");
    testing::require_applied(site, assets(rest.url(), ""));
    const auto polled = site.tidewheel({"poll", "assets"});
    INFO(polled.errors);
    CHECK(polled.output == "assets: 2 records\n");
    CHECK(values_in(site).size() == 2);
    CHECK(site.tidewheel({"poll", "assets"}).output == "assets: unchanged, no records\n");
    const auto json = site.tidewheel({"poll", "public.assets", "--even-unchanged", "--json"});
    CHECK(codec::Json::parse(json.output)->find("records")->integer() == 2);
    CHECK(values_in(site).size() == 4);
    rest.has("nonsense");
    const auto failed = site.tidewheel({"poll", "assets"});
    CHECK(failed.status == 4);
    CHECK_THAT(failed.errors, ContainsSubstring("can't be read"));
    CHECK(site.tidewheel({"poll", "nothing"}).status == 2);
}

TEST_CASE("A source's certificate is verified, and nothing is taken from another server") {
    const testing::Deployment site;
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost");
    const http::ScriptedServer server(
        [](http::Conversation& client) {
            if (client.request()) client.answer({.body = R"({"data":[{"id":"a"}]})"});
        },
        http::ScriptedServer::Certificate{certificates.path("good.pem"),
                                          certificates.path("good.key")});
    testing::require_applied(site, assets("https://" + server.address() + "/", ""));
    const auto refused = site.tidewheel({"poll", "assets"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.errors, ContainsSubstring("the certificate of localhost is not accepted"));
    const std::string ca = certificates.path("ca.pem");
    CHECK(site.tidewheel({"poll", "assets", "--source-ca-file", ca}).output ==
          "assets: 1 record\n");
    CHECK(site.tidewheel({"poll", "assets", "--source-ca-file", "nothing.pem"}).status == 2);
    CHECK(values_in(site) == std::vector<std::string>{R"({"id":"a"})"});
}

TEST_CASE("plan shows how often a source is polled") {
    const testing::Deployment site;
    testing::require_applied(
        site, assets("https://api.example.com/v2/assets", ", source_interval '5 min'"));
    CHECK_THAT(site.tidewheel({"plan"}).output,
               ContainsSubstring("https://api.example.com/v2/assets, polled every 5 min"));
}
