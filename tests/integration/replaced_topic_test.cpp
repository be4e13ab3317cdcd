// A topic that was deleted, recreated and filled past the offsets of the old one: no lane continues
// in it before a user has decided.
#include <csignal>

#include "applied.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE events (n integer NOT NULL CHECK (n >= 0)) SERVER kafka OPTIONS (topic '{topic}', partitions '{partitions}');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM events;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, sum(n) AS total FROM events;
)";

class ReplacedTopic : public Deployment {
  public:
    explicit ReplacedTopic(int partitions = 1) : partitions_(partitions) {
        require_applied(*this, sql());
    }
    std::string sql() const {
        std::string sql = pipeline;
        const std::string token = "{partitions}";
        return sql.replace(sql.find(token), token.size(), std::to_string(partitions_));
    }
    void start_services() {
        worker_ = start("tidewheel-worker");
        aggregator_ = start("tidewheel-aggregator");
    }
    void stop_services() {
        signal_services(SIGTERM);
        for (auto* service : {&worker_, &aggregator_})
            CHECK((*service)->wait() == 0);
    }
    void signal_services(int signal) {
        for (auto* service : {&worker_, &aggregator_})
            (*service)->signal(signal);
    }
    Process& worker() { return *worker_; }
    void send_numbers(int begin, int end, int partition = 0) const {
        std::vector<std::string> records;
        for (int n = begin; n < end; ++n)
            records.push_back("{\"n\": " + std::to_string(n) + "}");
        send(partition, records, new_year_2026 + begin);  // so the new topic's are later
    }
    void delete_topic() const {
        kafka::Admin admin(kafka());
        admin.delete_topic(topic());
        eventually("the topic is gone", [&] { return !admin.partitions(topic()); });
    }
    void create_topic(const std::map<std::string, std::string>& config = {}) const {
        eventually("the topic is there again", [&] {
            return kafka::Admin(kafka()).create_topic(topic(), partitions_, -1, config);
        });
    }
    // Services have stored 0 to 9.
    void begin() {
        start_services();
        send_numbers(0, 10);
        arrive();
    }
    // By one with the records from 101 on: unless `end` is lower, it is longer than the old one.
    void replace_topic(int end = 113) const {
        delete_topic();
        create_topic();
        send_numbers(101, end);
    }
    void replace_while_off(int end = 113) {
        begin();
        stop_services();
        replace_topic(end);
    }
    std::string stored() const {
        return value("SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), '') FROM stored");
    }
    std::string totals() const { return value("SELECT n || ' ' || total FROM totals"); }
    // Both statements say that they can't continue, and have stored nothing of the new topic.
    void require_stop() const {
        Finished status;
        eventually("status says that data is missing", [&] {
            status = tidewheel({"status", "--wait", "--timeout", "1"});
            return status.status == 4;
        });
        eventually("both statements are stopped in the catalogue", [&] {
            return value(
                       "SELECT count(*) FROM tidewheel.progress WHERE missing_since IS NOT NULL "
                       "AND missing_cause = 'replaced'") == "2";
        });
        CHECK_THAT(status.errors, ContainsSubstring("data is missing") &&
                                      ContainsSubstring("offset 9") && ContainsSubstring(topic()));
        CHECK_THAT(tidewheel({"status", "--explain"}).output,
                   ContainsSubstring("is not the one that was applied") &&
                       ContainsSubstring("tidewheel reset"));
        CHECK(stored() == "0 1 2 3 4 5 6 7 8 9");
        CHECK(totals() == "10 45");
    }
    void require_recovery() const {
        must({"reset", "--topic-recreated", topic(), "--yes"});
        arrive();
        CHECK(stored() == "0 1 2 3 4 5 6 7 8 9 101 102 103 104 105 106 107 108 109 110 111 112");
        CHECK(totals() == "22 1323");
        CHECK(value("SELECT count(*) FROM tidewheel.progress WHERE missing_since IS NULL") == "2");
    }

  private:
    int partitions_;
    std::unique_ptr<Process> worker_, aggregator_;
};

}  // namespace

TEST_CASE(
    "a topic that was created again while services were off, and outgrew the old one, stops") {
    ReplacedTopic site;
    site.replace_while_off();
    site.start_services();
    site.require_stop();
    CHECK_THAT(site.worker().errors(),
               ContainsSubstring("data is missing") &&
                   ContainsSubstring("tidewheel reset --topic-recreated " + site.topic()));
    site.require_recovery();
}

TEST_CASE("a topic that is created again and outgrows the old one under running services stops") {
    ReplacedTopic site;
    site.begin();
    site.replace_topic();
    site.require_stop();
    site.require_recovery();
}

TEST_CASE("a stop is not forgotten when the new topic outgrows the old one and services restart") {
    ReplacedTopic site;
    site.replace_while_off(106);
    site.start_services();
    eventually("status says that data is missing", [&] {
        return site.tidewheel({"status", "--wait", "--timeout", "5"}).status == 4;
    });
    site.send_numbers(106, 113);
    site.stop_services();
    site.start_services();
    const std::string ready = admin_url(site.worker()) + "/readyz";
    eventually("the worker says so again", [&] {
        return http::fetch("GET", ready).body.find("data is missing") != std::string::npos;
    });
    CHECK(site.tidewheel({"status", "--wait", "--timeout", "10"}).status == 4);
    // None of these decides anything.
    site.must({"pause", "stored"});
    site.must({"resume", "stored"});
    site.must({"apply", site.file(site.sql())});
    CHECK(site.tidewheel({"status", "--wait", "--timeout", "10"}).status == 4);
    CHECK(site.stored() == "0 1 2 3 4 5 6 7 8 9");
    site.require_recovery();
}

// Frozen as long as that takes, services see nothing of it: no client has asked for a topic that is
// unknown, and the log has never been shorter.
TEST_CASE(
    "a topic that is created again while services are frozen, and outgrows the old one, stops") {
    ReplacedTopic site;
    site.begin();
    site.signal_services(SIGSTOP);
    site.replace_topic();
    site.signal_services(SIGCONT);
    site.require_stop();
    site.require_recovery();
}

TEST_CASE("a topic that is created again before another worker takes over stops") {
    ReplacedTopic site;
    site.begin();
    auto successor = site.start("tidewheel-worker");
    site.stop_services();
    site.replace_topic();
    successor->signal(SIGKILL);
    site.start_services();
    site.require_stop();
    site.require_recovery();
}

TEST_CASE("a stop is taken away by reset, also where nothing moves, and by a rebuild of the view") {
    ReplacedTopic site;
    site.replace_while_off();
    site.start_services();
    site.require_stop();
    site.must({"reset", "stored", "--partition", "0", "--to", "10", "--yes"});
    site.must({"rebuild", "totals"});
    site.arrive();
    CHECK(site.stored() == "0 1 2 3 4 5 6 7 8 9 111 112");
    CHECK(site.totals() == "12 1278");
}

// Lanes that have read nothing of the old topic begin with the new one, while others stand.
TEST_CASE("reset --topic-recreated leaves alone what has begun with the new topic") {
    ReplacedTopic site(2);
    site.replace_while_off();
    site.send_numbers(201, 204, 1);
    site.send(1, {"bad"});
    site.start_services();
    eventually("both statements stand in one partition, and have read the other one", [&] {
        return site.value(
                   "SELECT count(*) FILTER (WHERE missing_since IS NOT NULL) || ' ' || "
                   "count(*) FILTER (WHERE next_offset = 4) FROM tidewheel.progress") == "2 2";
    });
    const Finished reset = site.tidewheel({"reset", "--topic-recreated", site.topic(), "--yes"});
    REQUIRE(reset.status == 0);
    CHECK_THAT(reset.output, ContainsSubstring("continues in partition 1"));
    site.arrive();
    CHECK(site.stored() ==
          "0 1 2 3 4 5 6 7 8 9 101 102 103 104 105 106 107 108 109 110 111 112 201 202 203");
    CHECK(site.totals() == "25 1929");
    CHECK(site.value("SELECT count(*) FROM tidewheel.dead_letters") == "1");
}

TEST_CASE("a dead letter of the old topic doesn't hide the new one's at its place") {
    ReplacedTopic site;
    site.start_services();
    site.send_numbers(0, 4);
    site.send(0, {"old and bad"});
    site.send_numbers(5, 10);
    site.arrive();
    site.stop_services();
    site.delete_topic();
    site.create_topic();
    site.send_numbers(101, 105);
    site.send(0, {"new and bad"});
    site.send_numbers(106, 116);
    // An operator decides for one statement after the other.
    site.must({"reset", "stored", "--to", "earliest", "--allow-duplicates", "--yes"});
    const auto letters = [&] {
        return site.value(
            "SELECT string_agg(convert_from(payload, 'UTF8') || ' ' || cardinality(missed_by), ', "
            "' "
            "ORDER BY id) FROM tidewheel.dead_letters WHERE \"offset\" = 4");
    };
    CHECK(letters() == "old and bad 1");  // the view still misses it
    site.start_services();
    eventually("both letters are there",
               [&] { return letters() == "old and bad 1, new and bad 1"; });
    site.must({"rebuild", "totals"});
    site.arrive();
    CHECK(letters() == "new and bad 2");
    check_verified(site, {"totals"});
}

TEST_CASE("a last record that has expired stops no statement") {
    ReplacedTopic site;
    site.begin();
    site.stop_services();
    kafka::Admin(site.kafka()).delete_records(site.topic(), 0, 10);
    site.send_numbers(10, 12);
    site.start_services();
    site.arrive();
    CHECK(site.stored() == "0 1 2 3 4 5 6 7 8 9 10 11");
    CHECK(site.totals() == "12 66");
    CHECK_THAT(site.worker().errors(),
               ContainsSubstring("the last record applied is no longer in the topic"));
}
