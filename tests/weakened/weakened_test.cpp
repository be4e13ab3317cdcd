// Every guard of exactly-once is missed when it is taken away: the suite can fail.
#include <csignal>
#include <cstdio>

#include "integration/numbers.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;

namespace {

// Whose services are played: what users run, or the weakened ones without these guards.
struct Cast {
    std::string suffix, weaken;

    std::unique_ptr<Process> start(const Numbers& numbers, const std::string& service,
                                   std::vector<std::string> environment = {}) const {
        environment.push_back("TIDEWHEEL_WEAKEN=" + weaken);
        return numbers.start_alone("tidewheel-" + service + suffix, std::move(environment));
    }
};

std::string failpoint_at(const std::string& point) {
    return "TIDEWHEEL_FAILPOINTS=" + point;
}

const std::string rows_statement =
    "statement_id = (SELECT id FROM tidewheel.statements WHERE kind = 'rows')";

// What is wrong at the end, when both services have had the time to catch up.
std::string outcome(const Numbers& numbers) {
    try {
        numbers.catch_up(30s);
    } catch (const Error& error) {
        return error.what() + ("; " + numbers.difference());
    }
    return numbers.difference();
}

void wait_until_frozen(Process& process) {
    eventually("it is frozen", [&] { return process.stopped(); });
}

// An owner freezes with a batch in its hands. Another claims the partition, and may move on.
std::string thaw_after_another_claim(const Cast& cast, bool other_moves_on) {
    Numbers numbers;
    numbers.query("CREATE TABLE public.moves (instance text)");
    numbers.query(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO public.moves VALUES (NEW.owner); RETURN NULL; END'");
    numbers.query(
        "CREATE TRIGGER note AFTER UPDATE ON tidewheel.progress FOR EACH ROW"
        " WHEN (NEW.next_offset > OLD.next_offset) EXECUTE FUNCTION note()");
    numbers.send_more();
    auto frozen = cast.start(numbers, "worker", {failpoint_at("before_progress=stop@1")});
    auto aggregator = cast.start(numbers, "aggregator");
    wait_until_frozen(*frozen);
    std::unique_ptr<Process> other;
    if (other_moves_on) {
        other = cast.start(numbers, "worker");
        numbers.catch_up();
        other->signal(SIGKILL);
    } else {
        other = cast.start(numbers, "worker",
                           {"TIDEWHEEL_INSTANCE=dead", failpoint_at("after_claim=kill")});
    }
    other->wait();
    frozen->signal(SIGCONT);
    numbers.send_more();
    const std::string wrong = outcome(numbers);
    const std::string stolen =
        numbers.value("SELECT count(*) FROM public.moves WHERE instance = 'dead'");
    return stolen == "0" ? wrong : wrong + "moved under the claim of another: " + stolen + " times";
}

// An operator empties the table and sets its progress back, while a batch is under way.
std::string set_back_in_a_batch(const Cast& cast) {
    Numbers numbers;
    numbers.send_more();
    auto aggregator = cast.start(numbers, "aggregator");
    auto worker = cast.start(numbers, "worker", {failpoint_at("before_progress=stop@4")});
    wait_until_frozen(*worker);
    numbers.query(
        "WITH gone AS (DELETE FROM stored) UPDATE tidewheel.progress SET next_offset = 0 WHERE " +
        rows_statement);
    worker->signal(SIGCONT);
    return outcome(numbers);
}

// PostgreSQL comes back without what was committed last; Kafka's group knows of it.
std::string restore_a_backup(const Cast& cast) {
    Numbers numbers;
    const std::string group = "TIDEWHEEL_GROUP=" + unique("group");
    numbers.send_more();
    auto aggregator = cast.start(numbers, "aggregator");
    auto worker = cast.start(numbers, "worker", {group});
    numbers.catch_up();
    worker->signal(SIGTERM);
    worker->wait();
    numbers.query(
        "WITH gone AS (DELETE FROM stored WHERE n >= 40) UPDATE tidewheel.progress SET next_offset "
        "= 40 WHERE " +
        rows_statement);
    worker = cast.start(numbers, "worker", {group});
    numbers.send_more();
    return outcome(numbers);
}

// A constraint of the target refuses one row; its neighbours have to be stored.
std::string refuse_a_row(const Cast& cast) {
    Numbers numbers;
    numbers.query("ALTER TABLE stored ADD CONSTRAINT picky CHECK (n <> 47)");
    numbers.send_more();
    auto worker = cast.start(numbers, "worker");
    auto aggregator = cast.start(numbers, "aggregator");
    const std::string wrong = outcome(numbers);
    return wrong == "not stored once: 47; not parked once: 47" ? "" : wrong;
}

// PostgreSQL commits, and its answer is lost.
std::string lose_an_answer(const Cast& cast) {
    Numbers numbers;
    const std::string epochs =
        "SELECT string_agg(epoch::text, ' ' ORDER BY epoch) FROM tidewheel.progress";
    auto worker = cast.start(numbers, "worker", {failpoint_at("after_commit=error@3")});
    auto aggregator = cast.start(numbers, "aggregator", {failpoint_at("after_commit=error@3")});
    numbers.send_more(Numbers::batch);
    numbers.catch_up();
    const std::string before = numbers.value(epochs);
    numbers.send_more();
    const std::string wrong = outcome(numbers);
    return numbers.value(epochs) == before ? wrong : wrong + "the lanes were claimed again";
}

// The topic is deleted, recreated and filled past where the services are in it. None may continue
// in it; one that does silently loses its first records.
std::string create_the_topic_again(const Cast& cast) {
    Numbers numbers;
    numbers.send_more();
    {
        auto worker = cast.start(numbers, "worker"), aggregator = cast.start(numbers, "aggregator");
        numbers.catch_up();
    }
    kafka::Admin admin(numbers.kafka());
    admin.delete_topic(numbers.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(numbers.topic()); });
    eventually("it is there again", [&] { return admin.create_topic(numbers.topic(), 1); });
    std::vector<std::string> records;
    for (int n = 1000; n < 1200; ++n)
        records.push_back("{\"n\": " + std::to_string(n) + "}");
    numbers.send(0, records);
    auto worker = cast.start(numbers, "worker"), aggregator = cast.start(numbers, "aggregator");
    const auto progress = [&](const std::string& what) {
        return numbers.value("SELECT " + what + " FROM tidewheel.progress");
    };
    eventually("every statement has stopped, or gone on", [&] {
        return progress("bool_and(missing_since IS NOT NULL OR next_offset = 200)") == "t";
    });
    return progress("bool_or(next_offset = 200)") == "t" ? "the new topic's first 100 are lost"
                                                         : "";
}

// A pipeline whose statements compare by <, which a wrong kernel takes for <=.
struct Compared {
    std::string stored, counted, log;
};
Compared compare(const std::string& weaken) {
    Deployment deployment({"TIDEWHEEL_WEAKEN=" + weaken});
    deployment.must({"init"});
    deployment.must({"apply", deployment.file(R"(
CREATE FOREIGN TABLE numbers (n integer CHECK (n < 8)) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM numbers WHERE n < 3;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n, count(*) FILTER (WHERE n < 5) AS few FROM numbers;
)")});
    const auto worker = deployment.start("tidewheel-worker-weakened");
    const auto aggregator = deployment.start("tidewheel-aggregator-weakened");
    std::vector<std::string> records;
    for (int n = 0; n < 10; ++n)
        records.push_back("{\"n\": " + std::to_string(n) + "}");
    deployment.send(0, records);
    deployment.arrive();
    return {deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM stored"),
            deployment.value("SELECT n || ' ' || few FROM counted"),
            worker->errors() + aggregator->errors()};
}

// What users run comes through, whatever TIDEWHEEL_WEAKEN says; without the guard it shows.
template <class Scenario>
void require_guard(const std::string& guard, Scenario&& scenario) {
    CHECK(scenario(Cast{"", guard}) == "");
    const std::string wrong = scenario(Cast{"-weakened", guard});
    CHECK(wrong != "");
    std::printf("without %s: %s\n", guard.c_str(), wrong.c_str());
}

}  // namespace

TEST_CASE("without the epoch, a thawed owner writes under another's claim") {
    require_guard("no_epoch",
                  [](const Cast& cast) { return thaw_after_another_claim(cast, false); });
}

TEST_CASE("without all that stands in its way, a thawed owner doubles its batch") {
    require_guard("no_epoch,no_compare,blind_retry",
                  [](const Cast& cast) { return thaw_after_another_claim(cast, true); });
}

TEST_CASE("without the compare, progress that was set back is lost") {
    require_guard("no_compare", set_back_in_a_batch);
}

TEST_CASE("without the fingerprint, the first records of a topic that was created again are lost") {
    require_guard("no_fingerprint", create_the_topic_again);
}

TEST_CASE("with Kafka's offsets as the truth, what a backup lacks is never read again") {
    require_guard("kafka_offsets", restore_a_backup);
}

TEST_CASE("without halving, a refused row takes its neighbours along") {
    require_guard("no_halving", refuse_a_row);
}

TEST_CASE("without a look at the progress, a lost answer costs the claim") {
    require_guard("blind_retry", lose_an_answer);
}

TEST_CASE("without that look and the compare, a lost answer doubles a batch") {
    require_guard("blind_retry,no_compare", lose_an_answer);
}

TEST_CASE("with a wrong kernel, the self-check leaves the statements to PostgreSQL") {
    const Compared checked = compare("wrong_less");
    CHECK(checked.stored == "0 1 2");
    CHECK(checked.counted == "8 5");
    for (const std::string what : {"checks of", "rows of stored", "view counted"}) {
        INFO(checked.log);
        CHECK_THAT(checked.log, Catch::Matchers::ContainsSubstring("what=\"" + what));
    }
    CHECK(occurrences(checked.log, "reason=\"the self-check differed: ") == 4);
    const Compared unchecked = compare("wrong_less,no_self_check");
    CHECK(unchecked.stored == "0 1 2 3");
    CHECK(unchecked.counted == "9 6");
    CHECK(occurrences(unchecked.log, "the self-check differed") == 0);
}

TEST_CASE("where the two executors differ, a service that runs both ends") {
    Deployment deployment({"TIDEWHEEL_WEAKEN=wrong_less,no_self_check,one_executor"});
    deployment.must({"init"});
    deployment.must({"apply", deployment.file(R"(
CREATE FOREIGN TABLE numbers (n integer) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM numbers WHERE n < 3;
)")});
    const auto worker = deployment.start("tidewheel-worker-weakened");
    deployment.send(0, {R"({"n": 3})"});
    CHECK(worker->wait() == 128 + SIGABRT);
    CHECK_THAT(worker->errors(), Catch::Matchers::ContainsSubstring("the executors differ: "));
}
