// The replication slot of a changefeed: what it holds, that it goes with its stream, and its loss.
#include <csignal>

#include "changefeed_cases.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::await_changes;
using testing::Changefeed;
using testing::changes_in;
using testing::eventually;
using testing::ops;
using testing::remains;

TEST_CASE("WAL that other tables write is not held back while the table rests") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products + "CREATE TABLE others (t text);");
    const Changefeed feed(site);
    feed.await_ready();
    site.query("INSERT INTO others SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
    const std::string written = site.value("SELECT pg_current_wal_lsn()");
    eventually("the slot has moved on", [&] {
        return site.value("SELECT confirmed_flush_lsn >= '" + written +
                          "' FROM pg_replication_slots WHERE database = current_database()") == "t";
    });
    CHECK_THAT(feed.metrics(), ContainsSubstring("tidewheel_changefeed_wal_bytes"));
}

TEST_CASE("A worker says how much WAL is kept for changes that no service sends") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    auto feed = std::make_unique<Changefeed>(site);
    feed->await_ready();
    const auto shows = [](testing::Process& service, const std::string& series) {
        const std::string url = testing::admin_url(service) + "/metrics";
        eventually(series,
                   [&] { return http::fetch("GET", url).body.find(series) != std::string::npos; });
    };
    const auto aggregator = site.start("tidewheel-aggregator");
    shows(*aggregator, "tidewheel_changefeed_owned{stream=\"changes\"} 1");
    feed->process().signal(SIGKILL);
    feed.reset();
    for (int i = 0; i < 3; ++i)
        site.query("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000))");
    const auto worker = site.start("tidewheel-worker");
    shows(*worker, "tidewheel_changefeed_owned{stream=\"changes\"} 0");
    const std::string metrics = http::fetch("GET", testing::admin_url(*worker) + "/metrics").body;
    const std::string series = "tidewheel_changefeed_slot_bytes{stream=\"changes\"} ";
    REQUIRE(metrics.find(series) != std::string::npos);
    CHECK(std::stod(metrics.substr(metrics.find(series) + series.size())) >= 3'000'000);
    site.must({"drop", "changes", "--yes"});
    eventually("a stream that is gone is not shown", [&] {
        return http::fetch("GET", testing::admin_url(*worker) + "/metrics").body.find(series) ==
               std::string::npos;
    });
}

TEST_CASE("Dropping the stream drops its publication and slot, while the service runs") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    const Changefeed feed(site);
    feed.await_ready();
    CHECK(remains(site) == "1 1");
    const auto dropped = site.tidewheel({"drop", "changes", "--yes"});
    INFO(dropped.output << dropped.errors);
    CHECK(dropped.status == 0);
    CHECK_THAT(dropped.output, ContainsSubstring("replication slot"));
    CHECK(remains(site) == "0 0");
    feed.await_ready();
    CHECK(remains(site) == "0 0");
    CHECK(site.value("SELECT count(*) FROM products") == "0");
}

TEST_CASE("What is lost is said, and nothing is sent until somebody decides") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    {
        const Changefeed feed(site);
        feed.await_ready();
        site.query("INSERT INTO products VALUES (1, 'tea')");
        await_changes(site, 1);
    }
    eventually("the slot is free", [&] {
        return site.value(
                   "SELECT active FROM pg_replication_slots WHERE database = "
                   "current_database()") == "f";
    });
    site.query(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE "
        "database = current_database()");
    site.query("INSERT INTO products VALUES (2, 'missed')");
    const Changefeed feed(site);
    eventually("it says so", [&] {
        const auto ready = feed.ready();
        return ready.status == 503 && ready.body.find("is gone") != std::string::npos;
    });
    CHECK_THAT(feed.metrics(),
               ContainsSubstring("tidewheel_changefeed_stopped{stream=\"changes\"} 1"));
    CHECK(changes_in(site).size() == 1);
    site.must({"snapshot", "changes"});
    CHECK(ops(await_changes(site, 3)) == "c r r");
    site.query("DELETE FROM products WHERE id = 1");
    CHECK(ops(await_changes(site, 5)) == "c r r d tombstone");
    feed.await_ready();
}

TEST_CASE("A slot that has lost WAL is named, and another begins after `tidewheel snapshot`",
          "[outage]") {
    testing::PrivatePostgres postgres(
        {"TIDEWHEEL_POSTGRES_OPTIONS=max_slot_wal_keep_size=1MB;max_wal_size=32MB"});
    const testing::Deployment site(postgres.url(), testing::kafka());
    REQUIRE(site.tidewheel({"init"}).status == 0);
    testing::require_applied(site, testing::changes_of_products + "CREATE TABLE others (t text);");
    Changefeed(site).await_ready();
    for (int i = 0; i < 4; ++i) {
        site.query("INSERT INTO others SELECT repeat('x', 1000) FROM generate_series(1, 20000)");
        site.query("SELECT pg_switch_wal()");
    }
    site.query("CHECKPOINT");
    REQUIRE(site.value("SELECT wal_status FROM pg_replication_slots") == "lost");
    const Changefeed feed(site);
    eventually("it says so", [&] {
        const auto ready = feed.ready();
        return ready.status == 503 && ready.body.find("has lost WAL") != std::string::npos;
    });
    site.must({"snapshot", "changes"});
    feed.await_ready();
    site.query("INSERT INTO products VALUES (1, 'tea')");
    await_changes(site, 1);
}
