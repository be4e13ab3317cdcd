// How long records took from their own time until their commit, as `status` shows it.
#include <csignal>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS events FROM numbers;
)";

constexpr double hour = 3600;

std::int64_t hours_ago(int hours) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
               .count() -
           hours * std::int64_t{3'600'000};
}

codec::Json statement(const Deployment& deployment, std::size_t number) {
    return codec::Json::parse(deployment.tidewheel({"status", "--json"}).output)
        .value()
        .find("statements")
        ->items()
        .at(number);
}

// Until the service has told the catalogue of a latency of at least so many hours.
void await_latency(const Deployment& deployment, int partition, int hours) {
    eventually("the latency is known", [&] {
        return deployment.value("SELECT coalesce(bool_and(latency_p99 >= interval '" +
                                std::to_string(hours) +
                                " h' * 0.9), false) FROM "
                                "tidewheel.progress WHERE partition = " +
                                std::to_string(partition)) == "t";
    });
}

}  // namespace

TEST_CASE("status shows how long records took until their commit, while a service is there") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto service = deployment.start_command({"run"});
    deployment.send(0, {R"({"n": 1})"}, hours_ago(1));
    deployment.send(1, {R"({"n": 2})"}, hours_ago(4));
    await_latency(deployment, 0, 1);
    await_latency(deployment, 1, 4);

    for (const std::size_t number : {0u, 1u}) {
        const codec::Json shown = statement(deployment, number);
        INFO(shown.dump());
        // The slowest partition's.
        CHECK(shown.find("latency_seconds")->find("p99")->number() ==
              Approx(4 * hour).epsilon(0.07));
        const auto& partitions = shown.find("partitions")->items();
        CHECK(partitions.at(0).find("latency_seconds")->find("p50")->number() ==
              Approx(hour).epsilon(0.07));
    }
    const std::string table = deployment.tidewheel({"status", "--partitions"}).output;
    CHECK_THAT(table, ContainsSubstring("LATENCY") && ContainsSubstring("p50 3 h ") &&
                          ContainsSubstring("p50 58 min 58 s"));
    // What is shown is written by the commits that move the progress, and by nothing else.
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.progress WHERE records = 1 AND "
                           "latency_p50 = latency_p99") == "4");

    service->signal(SIGTERM);
    CHECK(service->wait() == 0);
    CHECK(statement(deployment, 0).find("latency_seconds")->is_null());
    CHECK_THAT(deployment.tidewheel({"status"}).output, !ContainsSubstring("p50"));
}
