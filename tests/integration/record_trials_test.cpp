// A record that PostgreSQL refuses, for any reason, is distinguished by trial from a statement that
// can't be run: one stops nothing, the other parks nothing.
#include <csignal>

#include "applied.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* labels = R"(
CREATE FOREIGN TABLE labelled (id integer NOT NULL, v hstore) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE kept (id integer PRIMARY KEY, v hstore);
INSERT INTO kept SELECT id, v FROM labelled ON CONFLICT (id) DO NOTHING;
CREATE TABLE ids (id integer);
INSERT INTO ids SELECT id FROM labelled;
)";

constexpr const char* numbers = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL, body text) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
)";

// A function that fails for every record once its table is hidden or forbidden.
constexpr const char* prices = R"(
CREATE TABLE prices (n integer, price integer);
CREATE FUNCTION price_of(integer) RETURNS integer LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN coalesce((SELECT price FROM prices p WHERE p.n = $1), 1); END $$;
CREATE TABLE priced (n integer, price integer);
INSERT INTO priced SELECT n, price_of(n) FROM numbers WHERE n % 2 = 0;
)";

std::vector<std::string> range(int first, int last) {
    std::vector<std::string> values;
    for (int n = first; n < last; ++n)
        values.push_back(R"({"n": )" + std::to_string(n) + "}");
    return values;
}

std::string letters(const Deployment& deployment) {
    return deployment.value(
        "SELECT coalesce(string_agg(\"offset\" || ' ' || reason, ', ' ORDER BY \"offset\"), '') "
        "FROM tidewheel.dead_letters");
}

void holds(const Deployment& deployment, const std::string& table, int rows) {
    eventually(table + " holds " + std::to_string(rows) + " rows", [&] {
        return deployment.value("SELECT count(*) FROM " + table) == std::to_string(rows);
    });
}

// Until the statement is known to wait at this offset.
void waits_at(const Deployment& deployment, const std::string& statement, int offset) {
    eventually(statement + " waits at " + std::to_string(offset), [&] {
        return deployment.value(
                   "SELECT count(*) FROM tidewheel.waiting w JOIN tidewheel.statements s ON s.id = "
                   "w.statement_id WHERE s.name = '" +
                   statement + "' AND w.\"offset\" = " + std::to_string(offset)) == "1";
    });
}

// As if it had waited for an hour.
void let_time_pass(const Deployment& deployment) {
    deployment.query("UPDATE tidewheel.waiting SET since = since - interval '1 hour'");
}

void says(Process& service, const std::string& words) {
    const std::string ready = admin_url(service) + "/readyz";
    eventually("/readyz says " + words,
               [&] { return http::fetch("GET", ready).body.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a value that an extension's type refuses with an internal error is a dead letter") {
    Deployment deployment;
    deployment.query("CREATE EXTENSION hstore");
    require_applied(deployment.apply(labels));
    SECTION("between two good ones") {
        deployment.send(0, {R"({"id":1})", R"({"id":2,"v":"a"})", R"({"id":3})"});
    }
    SECTION("first of all") {
        deployment.send(0, {R"({"id":2,"v":"a"})", R"({"id":1})", R"({"id":3,"v":"a=>1"})"});
    }
    SECTION("among good values") {
        deployment.send(0, {R"({"id":1,"v":"a=>1"})", R"({"id":2,"v":"a"})", R"({"id":2,"v":"b"})",
                            R"({"id":3,"v":"b=>2"})"});
    }
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM kept") == "1 3");
    CHECK(deployment.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM ids") == "1 3");
    CHECK_THAT(deployment.value("SELECT string_agg(DISTINCT reason, ' ') FROM "
                                "tidewheel.dead_letters"),
               ContainsSubstring("wrong_type"));
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.waiting") == "0");
}

TEST_CASE("a refused record with nothing around it waits for a neighbour, and is named") {
    Deployment deployment({"TIDEWHEEL_STALL_AFTER=1s"});
    deployment.query("CREATE EXTENSION hstore");
    require_applied(deployment.apply(labels));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, {R"({"id":1,"v":"a"})"});
    waits_at(deployment, "kept", 0);
    waits_at(deployment, "ids", 0);
    const std::string command = "tidewheel reset kept ids --partition 0 --to 1";
    says(*worker, command);
    CHECK_THAT(worker->errors(), ContainsSubstring(command));
    const Finished status = deployment.tidewheel({"status", "--explain"});
    CHECK_THAT(status.output, ContainsSubstring("offset 0") &&
                                  ContainsSubstring("tidewheel reset kept --partition 0 --to 1"));
    SECTION("which comes") {
        deployment.send(0, {R"({"id":2})"});
        deployment.arrive();
        CHECK(deployment.value("SELECT string_agg(id::text, ' ') FROM kept") == "2");
        CHECK(letters(deployment) == "0 wrong_type");
    }
    SECTION("or for the command, which passes over this record alone") {
        deployment.must({"reset", "kept", "ids", "--partition", "0", "--to", "1", "--yes"});
        deployment.send(0, {R"({"id":2})"});
        deployment.arrive();
        CHECK(deployment.value("SELECT string_agg(id::text, ' ') FROM kept") == "2");
        CHECK(letters(deployment).empty());
        CHECK(deployment.value("SELECT count(*) FROM tidewheel.skipped") == "2");
    }
}

TEST_CASE("records that are all refused are parked as soon as one passes, and not before") {
    Deployment deployment({"TIDEWHEEL_STALL_AFTER=1s"});
    deployment.query("CREATE EXTENSION hstore");
    require_applied(deployment.apply(labels));
    deployment.send(0, std::vector<std::string>(20, R"({"id":1,"v":"a"})"));
    auto worker = deployment.start("tidewheel-worker");
    waits_at(deployment, "kept", 0);
    let_time_pass(deployment);
    says(*worker, "offset 0");
    CHECK(letters(deployment).empty());
    deployment.send(0, {R"({"id":2,"v":"b=>1"})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(id::text, ' ') FROM kept") == "2");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "20");
}

TEST_CASE(
    "a record that a statement refuses by an error of any class is parked, its neighbours "
    "are stored") {
    struct Example {
        const char *name, *pipeline, *bad;
        bool waits;  // what may be the surroundings' fault is parked after a minute
    };
    const Example examples[] = {
        {"feature not supported (0A000)",
         "CREATE TABLE judged (n integer, part numeric);\n"
         "INSERT INTO judged SELECT n, date_part(coalesce(body, 'year'), timestamp '2024-01-02') "
         "FROM numbers;\n",
         "timezone", false},
        {"invalid memory alloc request size (XX000)",
         "CREATE TABLE judged (n integer, size integer);\n"
         "INSERT INTO judged SELECT n, length(to_char(timestamp '2024-01-02', repeat('Y', "
         "coalesce(body, '4')::integer))) FROM numbers;\n",
         "95000000", false},
        {"undefined object (42704) in PL/pgSQL",
         "CREATE FUNCTION ix(lang text) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN "
         "RETURN length(to_tsvector(lang::regconfig, 'a cat')); END $$;\n"
         "CREATE TABLE judged (n integer, words integer);\n"
         "INSERT INTO judged SELECT n, ix(coalesce(body, 'simple')) FROM numbers;\n",
         "klingon", true},
        {"insufficient privilege (42501) raised by a trigger",
         "CREATE TABLE judged (n integer, body text);\n"
         "CREATE FUNCTION no_body() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.body = "
         "'secret' THEN RAISE 'not this one' USING ERRCODE = 'insufficient_privilege'; END IF; "
         "RETURN new; END $$;\n"
         "CREATE TRIGGER guard BEFORE INSERT ON judged FOR EACH ROW EXECUTE FUNCTION no_body();\n"
         "INSERT INTO judged SELECT n, body FROM numbers;\n",
         "secret", true},
    };
    for (const Example& example : examples)
        DYNAMIC_SECTION(example.name) {
            Deployment deployment;
            require_applied(deployment.apply(std::string(numbers) + example.pipeline));
            auto worker = deployment.start("tidewheel-worker");
            deployment.send(
                0, {R"({"n":1})", R"({"n":2,"body":")" + std::string(example.bad) + R"("})",
                    R"({"n":3})"});
            holds(deployment, "whole", 3);
            if (example.waits) {
                waits_at(deployment, "judged", 1);
                CHECK(letters(deployment).empty());
                // What comes before it is stored meanwhile.
                holds(deployment, "judged", 1);
                let_time_pass(deployment);
            }
            deployment.arrive();
            CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM judged") ==
                  "1 3");
            CHECK(letters(deployment) == "1 target_refused");
        }
}

TEST_CASE(
    "a function that fails for all records that need it parks none, however long, though "
    "others pass by it") {
    Deployment deployment;
    require_applied(deployment.apply(std::string(numbers) + prices));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, range(0, 10));
    holds(deployment, "priced", 5);
    deployment.query("ALTER TABLE prices RENAME TO hidden");
    deployment.send(0, range(10, 20));  // of which the odd ones don't come to the function
    holds(deployment, "whole", 20);
    waits_at(deployment, "priced", 10);
    let_time_pass(deployment);
    says(*worker, "tidewheel reset priced --partition 0 --to 11");
    const std::string attempts = "SELECT since FROM tidewheel.waiting w";  // stays: the same record
    const std::string since = deployment.value(attempts);
    deployment.send(0, range(20, 30));
    holds(deployment, "whole", 30);
    CHECK(deployment.value(attempts) == since);
    CHECK(letters(deployment).empty());
    deployment.query("ALTER TABLE hidden RENAME TO prices");
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT n) FROM priced") == "15 15");
    CHECK(letters(deployment).empty());
}

TEST_CASE("an error of the server's own, over one record alone, is waited for") {
    Deployment deployment;
    require_applied(deployment.apply(
        std::string(numbers) +
        "CREATE FUNCTION heavy(n integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN IF n "
        "= 2 THEN RAISE 'out of memory' USING ERRCODE = 'out_of_memory'; END IF; RETURN n; END "
        "$$;\n"
        "CREATE TABLE judged (n integer);\n"
        "INSERT INTO judged SELECT heavy(n) FROM numbers;\n"));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, range(1, 4));
    eventually("the worker waits",
               [&] { return worker->errors().find("out of memory") != std::string::npos; });
    CHECK(deployment.value("SELECT count(*) FROM whole") == "0");  // one transaction
    CHECK(letters(deployment).empty());
    deployment.query(
        "CREATE OR REPLACE FUNCTION public.heavy(n integer) RETURNS integer LANGUAGE sql STABLE AS "
        "'SELECT $1'");
    holds(deployment, "judged", 3);
    CHECK(letters(deployment).empty());
}
