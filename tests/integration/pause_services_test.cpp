// tidewheel pause and resume for what moves records beside statements: each continues where it was.
#include <csignal>

#include "applied.hpp"
#include "captured.hpp"
#include "changefeed_service.hpp"
#include "source_service.hpp"
#include "tidewheel/testing/catch.hpp"
#include "webhooks.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string numbers = R"(
CREATE FOREIGN TABLE numbers (
    n    integer NOT NULL,
    part integer OPTIONS (partition 'true'),
    pos  bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
)";

std::string fill(const std::string& sink) {
    return "INSERT INTO " + sink + " SELECT n, part, pos FROM numbers;\n";
}

std::string webhook(const std::string& name, const Hook& hook, const std::string& more = "") {
    return "CREATE FOREIGN TABLE " + name +
           " (n integer, part integer, pos bigint) SERVER webhook OPTIONS (url '" + hook.url() +
           "'" + more + ");\n" + fill(name);
}

void send(const Deployment& site, int from, int until) {
    std::vector<std::string> records;
    for (int n = from; n < until; ++n)
        records.push_back(R"({"n":)" + std::to_string(n) + "}");
    site.send(0, records);
}

std::string status(const Deployment& site) {
    return site.tidewheel({"status"}).output;
}

std::vector<std::int64_t> first_numbers(std::size_t count) {
    std::vector<std::int64_t> all(count);
    for (std::size_t i = 0; i < count; ++i)
        all[i] = static_cast<std::int64_t>(i);
    return all;
}

}  // namespace

TEST_CASE("A sink that is paused keeps its rows, others go on, and it continues where it was") {
    const Deployment site;
    const Hook paused, other;
    require_applied(site, numbers + webhook("one", paused) + webhook("two", other));
    const auto worker = site.start("tidewheel-worker");
    auto notifier = start_notifier(site);
    send(site, 0, 10);
    eventually("both have all", [&] { return paused.ids().size() + other.ids().size() == 20; });

    CHECK(site.tidewheel({"pause", "sink one"}).output == "sink one: paused\n");
    CHECK(site.tidewheel({"pause", "sink one"}).output == "sink one: was already paused\n");
    send(site, 10, 20);
    eventually("the other goes on", [&] { return other.ids().size() == 20; });
    notifier->signal(SIGKILL);
    notifier->wait();
    notifier = start_notifier(site);
    send(site, 20, 30);
    eventually("the other goes on", [&] { return other.ids().size() == 30; });
    CHECK(paused.accepted().size() == 10);
    CHECK_THAT(status(site), ContainsSubstring("sink one: paused since ") &&
                                 ContainsSubstring("(tidewheel resume 'sink one')"));
    CHECK(site.value("SELECT count(*) FROM one") == "20");

    CHECK(site.tidewheel({"resume", "sink one"}).output == "sink one: resumed\n");
    eventually("it has the rest", [&] { return paused.ids().size() == 30; });
    CHECK(paused.accepted().size() == 30);  // none twice
    CHECK(offsets_in_order(paused).at(0) == first_numbers(30));
    CHECK(status(site).find("paused") == std::string::npos);
}

// A row that failed before the pause has its time again after it.
TEST_CASE("The time in which a sink is paused doesn't count as time in which a row has failed") {
    const Deployment site;
    Hook hook([](const Hook::Request&) { return 500; });
    require_applied(site, numbers + webhook("one", hook, ", retry_for '1 hour'"));
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    send(site, 0, 1);
    eventually("it fails", [&] { return hook.refused() > 1; });
    site.must({"pause", "sink one"});
    eventually("nothing is tried any more", [&, refused = std::size_t{0}]() mutable {
        return std::exchange(refused, hook.refused()) == hook.refused();
    });
    site.query(
        "UPDATE tidewheel.delivery_positions SET failing_since = failing_since - interval "
        "'2 hours'");
    site.must({"resume", "sink one"});
    const auto refused = hook.refused();
    eventually("it is tried again", [&] { return hook.refused() > refused; });
    CHECK(site.value("SELECT count(*) FROM tidewheel.undelivered") == "0");
    hook.behave([](const Hook::Request&) { return 204; });
    eventually("it is taken", [&] { return hook.ids().size() == 1; });
}

TEST_CASE("A sink of files that is paused writes none, and then the same as without a pause") {
    const Deployment site;
    const Captured files;
    require_applied(site, numbers +
                              "CREATE FOREIGN TABLE one (n integer, part integer, pos bigint) "
                              "SERVER files OPTIONS (path 'all/{partition}/{first}', format "
                              "'ndjson', roll_after '1 s');\n" +
                              fill("one"));
    const auto worker = site.start("tidewheel-worker");
    const auto capture = files.start(site);
    send(site, 0, 10);
    eventually("they are in files", [&] { return files.rows().size() == 10; });
    site.must({"pause", "sink one"});
    eventually("it is known", [&] {
        return site.value(
                   "SELECT paused_at < clock_timestamp() - interval '1 s' FROM "
                   "tidewheel.sinks") == "t";
    });
    const auto names = files.names();
    send(site, 10, 20);
    site.arrive();
    eventually("a file would be due", [&] {
        return site.value(
                   "SELECT min(tidewheel_stored_at) < clock_timestamp() - interval '3 s' "
                   "FROM one") == "t";
    });
    CHECK(files.names() == names);
    site.must({"resume", "sink one"});
    eventually("all are in files", [&] { return files.rows().size() == 20; });
    std::vector<std::int64_t> found;
    for (const codec::Json& row : files.rows())
        found.push_back(row.find("n")->integer());
    CHECK(found == first_numbers(20));
}

TEST_CASE("A changefeed that is paused sends nothing, and then every change once") {
    const Deployment site;
    require_applied(site, R"(
CREATE TABLE products (id bigint PRIMARY KEY, name text);
CREATE FOREIGN TABLE changes (op text) SERVER kafka OPTIONS (topic '{topic}', changes_of 'public.products');
)");
    auto feed = std::make_unique<Changefeed>(site);
    feed->await_ready();
    site.query("INSERT INTO products SELECT n, 'a' FROM generate_series(1, 10) n");
    await_changes(site, 10);
    CHECK(site.tidewheel({"pause", "changes"}).output == "changes: paused\n");
    eventually("it is known", [&] {
        return site.value(
                   "SELECT count(*) FROM pg_replication_slots WHERE database = "
                   "current_database() AND active") == "0";
    });
    site.query("INSERT INTO products SELECT n, 'a' FROM generate_series(11, 20) n");
    CHECK_THAT(status(site), ContainsSubstring("changes: paused since "));
    feed->process().signal(SIGKILL);
    feed = std::make_unique<Changefeed>(site);
    feed->await_ready();
    eventually("it tells what its slot holds back", [&] {
        return feed->metrics().find("tidewheel_changefeed_wal_bytes{") != std::string::npos;
    });
    CHECK(changes_in(site).size() == 10);
    site.must({"resume", "changes"});
    await_changes(site, 20);
    site.query("INSERT INTO products VALUES (21, 'a')");
    CHECK(await_changes(site, 21).size() == 21);
}

TEST_CASE("A source that is paused fetches nothing, and goes on with what it knew") {
    const Deployment site;
    Rest rest;
    rest.has(R"({"data":[{"id":"a"},{"id":"b"}]})", "\"1\"");
    require_applied(site,
                    "CREATE FOREIGN TABLE assets (id text NOT NULL) SERVER kafka OPTIONS (topic "
                    "'{topic}', partitions '1', source '" +
                        rest.url() + "', source_path 'data', source_interval '1 s', key 'id');");
    const Source source(site);
    eventually("it has been polled", [&] { return rest.answered_304() > 1; });
    CHECK(values_in(site).size() == 2);
    site.must({"pause", "assets"});
    eventually("nobody has it", [&] {
        return site.value("SELECT count(*) FROM tidewheel.sources WHERE owner IS NOT NULL") == "0";
    });
    const int polls = rest.polls();
    CHECK_THAT(status(site), ContainsSubstring("assets: paused since "));
    eventually("a poll would be due", [&] {
        return site.value(
                   "SELECT polled_at < clock_timestamp() - interval '3 s' FROM "
                   "tidewheel.sources") == "t";
    });
    CHECK(rest.polls() == polls);
    CHECK(source.ready().status == 200);
    site.must({"resume", "assets"});
    eventually("it is polled", [&] { return rest.polls() > polls; });
    CHECK(rest.answered_304() > 2);
    CHECK(values_in(site).size() == 2);  // it knew the body
    rest.has(R"({"data":[{"id":"c"}]})", "\"2\"");
    eventually("the next one is there", [&] { return values_in(site).size() == 3; });
}

TEST_CASE("An ingress that is paused answers 503, says so, and takes records again") {
    const Deployment site;
    require_applied(site, R"(
CREATE FOREIGN TABLE one (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '1', ingress '/one');
CREATE FOREIGN TABLE two (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '1', ingress '/two');
)");
    const Ingress ingress(site);
    CHECK(ingress.post("/one", R"({"n":1})").status == 202);
    CHECK(site.tidewheel({"pause", "one"}).output == "one: paused\n");
    http::Response answer;
    eventually(
        "it is refused",
        [&] {
            answer = ingress.post("/one", R"({"n":2})");
            return answer.status == 503;
        },
        3s);
    CHECK(http::header(answer, "Retry-After") == "10");
    CHECK(answer.content_type == "application/problem+json");
    CHECK(codec::Json::parse(answer.body)->find("detail")->string() ==
          "stream one is paused; nothing was sent");
    const std::size_t stored = values_in(site).size();
    CHECK(ingress.post("/one", R"({"n":3})").status == 503);
    CHECK(ingress.post("/two", R"({"n":4})").status == 202);
    CHECK(values_in(site).size() == stored + 1);
    CHECK_THAT(status(site), ContainsSubstring("one: paused since "));
    site.must({"resume", "one"});
    eventually("it is taken", [&] { return ingress.post("/one", R"({"n":5})").status == 202; });
    CHECK(values_in(site).size() == stored + 2);
}

TEST_CASE("Only what somebody could pause is paused") {
    const Deployment site;
    const Hook hook;
    require_applied(site, numbers + webhook("one", hook));
    const Finished stream = site.tidewheel({"pause", "numbers"});
    CHECK(stream.status == 2);
    CHECK_THAT(stream.errors,
               ContainsSubstring("nothing writes to stream numbers: it has no ingress"));
    CHECK(site.tidewheel({"pause", "one"}).output == "one: paused\n");  // the statement
    CHECK(site.value("SELECT count(*) FROM tidewheel.sinks WHERE paused_at IS NOT NULL") == "0");
    const Finished both = site.tidewheel({"--json", "pause", "sink one", "one", "sink public.one"});
    const auto outcomes = codec::Json::parse(both.output)->find("statements")->items();
    REQUIRE(outcomes.size() == 2);
    CHECK(outcomes.at(0).find("name")->string() == "sink one");
    CHECK(outcomes.at(0).find("changed")->boolean());
    CHECK(!outcomes.at(1).find("changed")->boolean());
    const auto paused =
        codec::Json::parse(site.tidewheel({"status", "--json"}).output)->find("paused")->items();
    REQUIRE(paused.size() == 1);
    CHECK(paused.at(0).find("name")->string() == "sink one");
}
