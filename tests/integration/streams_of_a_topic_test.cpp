// Several streams declare one topic, each with columns and rules of its own: what holds one of them
// up, or is bad for it, is nothing to the others.
#include <csignal>

#include "applied.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string typed = R"(
CREATE FOREIGN TABLE orders (n integer NOT NULL CONSTRAINT small CHECK (n < 1000), store text NOT NULL)
    SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM orders;
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n, sum(n) AS total FROM orders GROUP BY store;
)";

const std::string raw = R"(
CREATE FOREIGN TABLE raw_orders ("partition" integer OPTIONS ("partition" 'true'), "offset" bigint OPTIONS ("offset" 'true'),
                                 n jsonb, note text NOT NULL)
    SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE raw_stored ("partition" integer, "offset" bigint, n jsonb);
INSERT INTO raw_stored SELECT "partition", "offset", n FROM raw_orders;
CREATE MATERIALIZED VIEW raw_by_type AS SELECT jsonb_typeof(n) AS type, count(*) AS n FROM raw_orders GROUP BY 1;
)";

// Of ten records one is bad for both streams, two are bad for the typed one alone (by their JSON
// and by a rule), and one is bad for the raw one alone.
std::string record(int n) {
    const std::string store = R"("store": "s)" + std::to_string(n % 3) + "\"";
    switch (n % 10) {
        case 1:
            return "no JSON";
        case 3:
            return R"({"n": "many", "note": "", )" + store + "}";
        case 5:
            return R"({"n": )" + std::to_string(1000 + n) + R"(, "note": "", )" + store + "}";
        case 7:
            return R"({"n": )" + std::to_string(n) + ", " + store + "}";
        default:
            return R"({"n": )" + std::to_string(n) + R"(, "note": "", )" + store + "}";
    }
}

class Site : public Deployment {
  public:
    Site() : Deployment({"TIDEWHEEL_BATCH_ROWS=20"}) {}

    void start_services() {
        worker = start("tidewheel-worker");
        aggregator = start("tidewheel-aggregator");
    }
    // To both partitions the same records: sent() of each.
    void send_more(int count) {
        std::vector<std::string> records;
        for (const int end = sent_ + count; sent_ < end; ++sent_)
            records.push_back(record(sent_));
        for (const int partition : {0, 1})
            send(partition, records);
    }
    int sent() const { return sent_; }
    int number(const std::string& sql) const { return std::stoi(value(sql)); }
    // A tenth of what was sent to one partition; sent() is a multiple of ten.
    std::string tenths(int count, int partitions = 2) const {
        return std::to_string(sent_ / 10 * count * partitions);
    }
    std::string claims(const std::string& stream) const {
        return value(
            "SELECT string_agg(statement_id || '/' || partition || ':' || epoch || ' ' || "
            "coalesce(owner_session::text, '-'), ', ' ORDER BY statement_id, partition) FROM "
            "tidewheel.progress JOIN tidewheel.statements s ON s.id = statement_id WHERE stream_id "
            "= (SELECT id FROM tidewheel.streams WHERE name = '" +
            stream + "')");
    }
    std::string letters(const std::string& stream) const {
        return value(
            "SELECT count(*) || ' ' || count(DISTINCT (partition, \"offset\")) FROM "
            "tidewheel.dead_letters d JOIN tidewheel.streams t ON t.id = d.stream_id WHERE t.name "
            "= '" +
            stream +
            "' AND d.missed_by = ARRAY(SELECT s.id FROM tidewheel.statements s WHERE "
            "s.stream_id = t.id AND (d.missed_by @> ARRAY[s.id]) ORDER BY 1)");
    }
    void check_typed(int good = 7, int parked = 3) const {
        CHECK(value("SELECT count(*) || ' ' || count(DISTINCT n) FROM stored") ==
              tenths(good) + " " + tenths(good, 1));
        CHECK(value("SELECT sum(n) FROM by_store") == tenths(good));
        CHECK(value("SELECT sum(total) = (SELECT sum(n) FROM stored) FROM by_store") == "t");
        check_letters("orders", parked);
    }
    void check_raw() const {
        CHECK(value("SELECT count(*) || ' ' || count(DISTINCT (\"partition\", \"offset\")) FROM "
                    "raw_stored") == tenths(8) + " " + tenths(8));
        CHECK(value("SELECT string_agg(type || ' ' || n, ', ' ORDER BY type) FROM raw_by_type") ==
              "number " + tenths(7) + ", string " + tenths(1));
        check_letters("raw_orders", 2);
    }
    // The worker parks what its INSERT misses and the aggregator what its view does: one letter.
    void check_letters(const std::string& stream, int parked) const {
        CHECK(letters(stream) == tenths(parked) + " " + tenths(parked));
        CHECK(number("SELECT count(*) FROM tidewheel.dead_letters WHERE "
                     "cardinality(missed_by) <> 2") == 0);
    }

    std::unique_ptr<Process> worker, aggregator;

  private:
    int sent_ = 0;
};

}  // namespace

TEST_CASE("a typed stream and a raw one over one topic are each exact, also when services die") {
    Site site;
    require_applied(site, typed + raw);
    site.send_more(100);
    {
        auto dies = site.start("tidewheel-worker", {"TIDEWHEEL_FAILPOINTS=after_commit=kill@3"}),
             dies_too = site.start("tidewheel-aggregator",
                                   {"TIDEWHEEL_FAILPOINTS=before_progress=kill@3"});
        CHECK(dies->wait() == 128 + SIGKILL);
        CHECK(dies_too->wait() == 128 + SIGKILL);
    }
    site.start_services();
    site.send_more(100);
    site.arrive();
    site.check_typed();
    site.check_raw();
    check_verified(site);
    const std::string listed = site.tidewheel({"status"}).output;
    for (const char* statement : {"stored", "by_store", "raw_stored", "raw_by_type"})
        CHECK_THAT(listed, ContainsSubstring(statement));

    SECTION("what is redriven for one stream is stored for that one alone") {
        std::string corrected = typed;
        const std::string rule = " CONSTRAINT small CHECK (n < 1000)";
        corrected.replace(corrected.find(rule), rule.size(), "");
        require_applied(site, corrected + raw);
        // Of both streams, whose letters lie side by side; what is bad for other reasons remains.
        CHECK(site.tidewheel({"dlq", "redrive", "--yes"}).status == 1);
        site.check_typed(8, 2);
        site.check_raw();
        check_verified(site);
    }
    SECTION("a rebuild of one stream's view leaves the other stream alone") {
        const std::string claims = site.claims("orders");
        site.must({"rebuild", "raw_by_type"});
        CHECK(site.claims("orders") == claims);
        site.send_more(50);
        site.arrive();
        site.check_typed();
        site.check_raw();
        check_verified(site);
    }
    SECTION("a stream that is dropped takes nothing of the other's with it") {
        const std::string claims = site.claims("raw_orders");
        site.must({"drop", "--cascade", "--yes", "orders"});
        site.send_more(50);
        site.arrive();
        CHECK(site.claims("raw_orders") == claims);
        site.check_raw();
        check_verified(site);
        site.query("TRUNCATE stored");
        require_applied(site, typed + raw);  // and it may come back, beside the other
        site.arrive();
        CHECK(site.claims("raw_orders") == claims);
        site.check_typed();
        check_verified(site);
    }
}

TEST_CASE("what stops a stream's statements leaves the lanes of the topic's other stream alone") {
    Site site;
    require_applied(site, typed);
    site.start_services();
    site.send_more(50);
    site.arrive();
    const std::string before = site.claims("orders");

    require_applied(site, typed + raw);  // a second stream, which reads from the beginning
    site.arrive();
    site.check_raw();
    CHECK(site.claims("orders") == before);

    const std::string claims = site.claims("raw_orders");
    site.must({"pause", "stored", "by_store"});
    site.send_more(50);
    eventually("the other stream's statements go on", [&] {
        return site.value("SELECT count(*) FROM raw_stored") == site.tenths(8) &&
               site.value("SELECT sum(n) FROM raw_by_type") == site.tenths(8);
    });
    CHECK(site.value("SELECT count(*) FROM stored") == std::to_string(50 / 10 * 7 * 2));
    site.must({"resume", "stored", "by_store"});
    site.arrive();
    CHECK(site.claims("raw_orders") == claims);

    site.query("ALTER TABLE raw_stored RENAME TO away");
    site.send_more(50);
    eventually("the statement is quarantined", [&] {
        return site.worker->errors().find("statement=raw_stored") != std::string::npos;
    });
    eventually("the first stream's go on",
               [&] { return site.value("SELECT count(*) FROM stored") == site.tenths(7); });
    site.query("ALTER TABLE away RENAME TO raw_stored");
    site.arrive();
    site.check_typed();
    site.check_raw();
    check_verified(site);
}

TEST_CASE("a topic that was recreated is read again by all of its streams") {
    Site site;
    require_applied(site, typed + raw);
    site.start_services();
    site.send_more(50);
    site.arrive();
    for (auto* service : {&site.worker, &site.aggregator}) {
        (*service)->signal(SIGTERM);
        CHECK((*service)->wait() == 0);
    }
    kafka::Admin admin(site.kafka());
    admin.delete_topic(site.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(site.topic()); });
    eventually("it is there again", [&] { return admin.create_topic(site.topic(), 2); });
    site.query("TRUNCATE stored, raw_stored");
    site.start_services();
    eventually("each statement is stopped in each partition", [&] {
        return site.number(
                   "SELECT count(*) FROM tidewheel.progress WHERE missing_since IS NOT NULL") == 8;
    });
    site.must({"reset", "--topic-recreated", site.topic(), "--yes"});
    CHECK(site.number("SELECT count(*) FROM tidewheel.dead_letters") == 0);
    site.send(0, {record(0), record(7)});
    site.arrive();
    CHECK(site.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM stored") == "0 7");
    CHECK(site.value("SELECT count(*) FROM raw_stored") == "1");
}
