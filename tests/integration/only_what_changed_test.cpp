// What a change of the catalogue does to the lanes that it isn't about, while the services run.
#include <algorithm>
#include <csignal>

#include "steady_load.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL, store text NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;
CREATE FOREIGN TABLE others (n integer NOT NULL, store text NOT NULL) SERVER kafka OPTIONS (topic '{topic}_others', partitions '2');
CREATE TABLE whole_others (n integer);
INSERT INTO whole_others SELECT n FROM others;
CREATE MATERIALIZED VIEW total_others AS SELECT count(*) AS n, sum(n) AS sum FROM others;
)";

constexpr const char* one_more = R"(
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n FROM numbers GROUP BY store;
)";

// Three services and a load on both topics.
struct Site {
    Deployment deployment;
    std::vector<std::unique_ptr<Process>> services;

    Site() {
        REQUIRE(deployment.apply(pipeline).status == 0);
        for (const char* name : {"tidewheel-worker", "tidewheel-worker", "tidewheel-aggregator"})
            services.push_back(deployment.start(name));
        eventually("every lane is open, and both workers have two", [&] {
            return number(
                       "SELECT count(*) FROM tidewheel.progress WHERE owner_session IS NOT NULL") ==
                       8 &&
                   number("SELECT count(DISTINCT owner) FROM tidewheel.progress") == 3 &&
                   std::ranges::all_of(
                       deployment.query("SELECT DISTINCT epoch FROM tidewheel.progress"),
                       [&](const auto& row) { return logged("epoch=" + row.text(0) + "\n") > 0; });
        });
    }

    int number(const std::string& sql) const { return std::stoi(deployment.value(sql)); }
    std::string epochs(const std::string& like) const {
        return deployment.value(
            "SELECT string_agg(statement_id || '/' || partition || ':' || epoch, ' ' ORDER BY "
            "statement_id, partition) FROM tidewheel.progress WHERE topic LIKE '%" +
            like + "'");
    }
    int logged(const std::string& what) const {
        int count = 0;
        for (const auto& service : services)
            count += occurrences(service->errors(), what);
        return count;
    }
    // All services have read a catalogue of the present version.
    void await_version() const {
        const std::string read =
            "version=" + deployment.value("SELECT version FROM tidewheel.catalogue") + " ";
        eventually("the services follow", [&] {
            return std::ranges::all_of(services, [&](const auto& service) {
                return service->errors().find(read) != std::string::npos;
            });
        });
    }
    void check_exact(const std::string& table, const std::string& view, int sent) const {
        CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT n) FROM " + table) ==
              std::to_string(sent) + " " + std::to_string(sent));
        CHECK(deployment.value("SELECT n FROM " + view) == std::to_string(sent));
    }
};

}  // namespace

TEST_CASE("a change of one stream's statements leaves the lanes of the others alone") {
    Site site;
    SteadyLoad load(site.deployment.topic(), 2), other_load(site.deployment.topic() + "_others", 2);
    const std::string before = site.epochs("_others");
    const int opened = site.logged("lane opened  lane=" + site.deployment.topic() + "_others"),
              revoked = site.logged("partitions revoked");

    REQUIRE(site.deployment.apply(std::string(pipeline) + one_more).status == 0);
    site.await_version();
    eventually("the new view is filled",
               [&] { return site.number("SELECT coalesce(sum(n), 0) FROM by_store") > 1000; });
    for (int round = 0; round < 3; ++round) {  // also of the only one that workers have there
        site.deployment.must({"pause", "whole", "total"});
        site.await_version();
        const int held = site.number("SELECT count(*) FROM whole_others");
        eventually("the others go on",
                   [&] { return site.number("SELECT count(*) FROM whole_others") > held + 500; });
        site.deployment.must({"resume", "whole", "total"});
        site.await_version();
    }
    const int sent = load.stop(), others_sent = other_load.stop();
    site.deployment.arrive();
    site.check_exact("whole", "total", sent);
    site.check_exact("whole_others", "total_others", others_sent);
    CHECK(site.number("SELECT sum(n) FROM by_store") == sent);
    CHECK(site.epochs("_others") == before);
    CHECK(site.logged("lane opened  lane=" + site.deployment.topic() + "_others") == opened);
    CHECK(site.logged("partitions revoked") == revoked);
    site.deployment.must({"verify"});
}

TEST_CASE("a new topic is taken up, and one that is dropped is left") {
    Site site;
    SteadyLoad load(site.deployment.topic(), 2), third_load(site.deployment.topic() + "_third", 2);
    const std::string third = R"(
CREATE FOREIGN TABLE third (n integer NOT NULL, store text NOT NULL) SERVER kafka OPTIONS (topic '{topic}_third', partitions '2');
CREATE TABLE whole_third (n integer);
INSERT INTO whole_third SELECT n FROM third;
CREATE MATERIALIZED VIEW total_third AS SELECT count(*) AS n, sum(n) AS sum FROM third;
)";
    REQUIRE(site.deployment.apply(pipeline + third).status == 0);
    eventually("its records come",
               [&] { return site.number("SELECT count(*) FROM whole_third") > 500; });
    site.deployment.must({"drop", "--yes", "whole_others", "total_others"});
    site.await_version();
    const int sent = load.stop(), third_sent = third_load.stop();
    site.deployment.arrive();
    site.check_exact("whole", "total", sent);
    site.check_exact("whole_third", "total_third", third_sent);
}

TEST_CASE("the catalogue changes three hundred times under two workers, and nothing hangs") {
    Site site;
    SteadyLoad load(site.deployment.topic(), 2), other_load(site.deployment.topic() + "_others", 2);
    for (int round = 0; round < 150; ++round) {
        site.deployment.must({"pause", round % 2 == 0 ? "whole" : "whole_others"});
        site.deployment.must({"resume", round % 2 == 0 ? "whole" : "whole_others"});
        if (round % 15 == 0) {  // and with rebalances in between
            site.services[0]->signal(SIGTERM);
            CHECK(site.services[0]->wait(std::chrono::seconds(9)) == 0);
            site.services[0] = site.deployment.start("tidewheel-worker");
        }
    }
    const int sent = load.stop(), others_sent = other_load.stop();
    site.deployment.arrive();
    site.check_exact("whole", "total", sent);
    site.check_exact("whole_others", "total_others", others_sent);
    for (const auto& service : site.services) {
        CHECK(service->running());
        CHECK(service->errors().find("stuck") == std::string::npos);
    }
}
