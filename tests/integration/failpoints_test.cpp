// A process that dies, freezes, hangs or fails at any step of a batch, or of a claim, loses and
// doubles nothing.
#include <csignal>
#include <span>

#include "numbers.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/postgres/backend_mark.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::string> services{"tidewheel-worker", "tidewheel-aggregator"};

const std::span steps = std::span(failpoint_names).first(failpoints_of_lanes);

std::string failpoints(const std::string& points) {
    return "TIDEWHEEL_FAILPOINTS=" + points;
}

// Claims and opens happen once, batches again and again.
std::string at_second_batch(std::string_view point) {
    const bool once = point.ends_with("claim") || point == "on_open";
    return once ? "@1" : "@2";
}

}  // namespace

TEST_CASE("services that are killed at any step of a batch or a claim lose and double nothing") {
    Numbers numbers;
    for (const std::string_view point : steps) {
        INFO(point);
        numbers.send_more();
        const std::string kill = std::string(point) + "=kill" + at_second_batch(point);
        std::vector<std::unique_ptr<Process>> processes;
        for (const std::string& service : services)
            processes.push_back(numbers.start_alone(service, {failpoints(kill)}));
        for (const auto& each : processes)
            CHECK(each->wait() == 128 + SIGKILL);
        processes.clear();
        for (const std::string& service : services)
            processes.push_back(numbers.start_alone(service));
        numbers.catch_up();
        CHECK(numbers.difference() == "");
    }
}

TEST_CASE("failures at every step, again and again, lose and double nothing") {
    Numbers numbers;
    std::string points = "seed=" + std::to_string(GENERATE(1, 2));
    for (const std::string_view point : steps)
        points += ";" + std::string(point) + "=error%7";
    numbers.send_more(20 * Numbers::batch);
    std::vector<std::unique_ptr<Process>> processes;
    for (const std::string& service : services)
        processes.push_back(numbers.start_alone(service, {failpoints(points)}));
    numbers.catch_up(120s);
    CHECK(numbers.difference() == "");
    CHECK_THAT(processes.front()->errors(), ContainsSubstring("failpoint after_commit"));
}

TEST_CASE(
    "a worker that freezes is superseded within ten seconds, and commits nothing when it thaws") {
    const std::string point =
        GENERATE("during_copy", "before_progress", "before_commit", "in_claim");
    INFO(point);
    // Kafka gives a silent member up after six seconds, the shortest that it allows.
    Numbers numbers({"TIDEWHEEL_KAFKA_OPTIONS=session.timeout.ms=6000"});
    numbers.send_more();
    auto aggregator = numbers.start("tidewheel-aggregator");
    auto frozen =
        numbers.start("tidewheel-worker", {failpoints(point + "=stop" + at_second_batch(point))});
    eventually("the worker is frozen", [&] { return frozen->stopped(); });
    const std::string backend = numbers.value(
        "SELECT max(l.pid) FROM tidewheel.progress p JOIN tidewheel.statements s ON "
        "s.id = p.statement_id JOIN " +
        std::string(postgres::advisory_locks) + " l ON l.key = " + postgres::batch_mark("p.epoch") +
        " WHERE s.kind = 'rows'");
    CHECK((backend == "\\N") == (point == "in_claim"));
    if (point == "during_copy")
        CHECK(numbers.value("SELECT state || ' ' || wait_event || ' ' || left(query, 4) FROM"
                            " pg_stat_activity WHERE pid = " +
                            backend) == "active ClientRead COPY");
    auto next = numbers.start("tidewheel-worker");
    numbers.catch_up(6s + 10s);
    CHECK(numbers.difference() == "");
    if (backend != "\\N")
        CHECK(numbers.value("SELECT count(*) FROM pg_stat_activity WHERE pid = " + backend) == "0");

    frozen->signal(SIGCONT);
    numbers.send_more();
    numbers.catch_up();
    eventually("the frozen worker is back in the group", [&] {
        return frozen->errors().find("partitions") != std::string::npos ||
               frozen->errors().find("waiting") != std::string::npos;
    });
    for (Process* each : {frozen.get(), next.get(), aggregator.get()}) {
        each->signal(SIGTERM);
        CHECK(each->wait(12s) == 0);
    }
    CHECK(numbers.difference() == "");
}

TEST_CASE("a lane that hangs ends its process, even while the service's own thread runs") {
    Numbers numbers({"TIDEWHEEL_STALL_AFTER=1s"});
    numbers.send_more();
    auto aggregator = numbers.start_alone("tidewheel-aggregator");
    auto worker = numbers.start_alone("tidewheel-worker", {failpoints("before_commit=hang@2")});
    CHECK(worker->wait(40s) == 5);
    CHECK_THAT(worker->errors(),
               ContainsSubstring("lane " + numbers.topic() + "/0 has not responded"));
    worker = numbers.start_alone("tidewheel-worker");
    numbers.catch_up();
    CHECK(numbers.difference() == "");
}

TEST_CASE("a second worker with the same group.instance.id ends the first, which says why") {
    Numbers numbers({"TIDEWHEEL_KAFKA_OPTIONS=group.instance.id=one"});
    auto aggregator = numbers.start("tidewheel-aggregator");
    auto first = numbers.start("tidewheel-worker");
    numbers.send_more();
    numbers.catch_up();
    auto second = numbers.start("tidewheel-worker");
    CHECK(first->wait() == 5);
    CHECK_THAT(first->errors(), ContainsSubstring("the Kafka consumer cannot continue") &&
                                    ContainsSubstring("group.instance.id"));
    numbers.send_more();
    numbers.catch_up();
    CHECK(numbers.difference() == "");
}

TEST_CASE("a failpoint that doesn't exist ends a service at once, with those that do") {
    Deployment deployment;
    auto worker = deployment.start("tidewheel-worker", {"TIDEWHEEL_FAILPOINTS=before_comit=kill"});
    CHECK(worker->wait() == 2);
    CHECK_THAT(worker->errors(), ContainsSubstring("'before_comit' is not a known failpoint") &&
                                     ContainsSubstring("before_commit"));
}
