// A redrive that meets a failure of one statement, of the catalogue or of a server does all the
// rest, and says what it did.
#include <csignal>

#include "redrives.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/testing/proxy.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string rule = " CONSTRAINT small CHECK (n < 1000)";

// The pipeline with more statements, and with the stream's rule or without.
std::string with(const std::string& more, bool corrected) {
    std::string text = pipeline + more;
    if (corrected) text.erase(text.find(rule), rule.size());
    return text;
}

// Parks dead letters of the numbers from 1000 on, in two partitions, and corrects the rule that
// refused them.
void park(Deployment& deployment, const std::string& more, int letters, int others = 0) {
    require_applied(deployment, with(more, false));
    Services services(deployment);
    deployment.send(0, numbers(990, 1000 + letters));
    if (others > 0) deployment.send(1, numbers(1000 + letters, 1000 + letters + others));
    deployment.arrive();
    REQUIRE(redrives::letters(deployment) == std::to_string(letters + others));
    require_applied(deployment, with(more, true));
}

std::unique_ptr<Process> start_redrive(const std::string& url,
                                       std::vector<std::string> environment = {}) {
    environment.push_back("TIDEWHEEL_DATABASE=" + url);
    return std::make_unique<Process>(
        std::vector<std::string>{program("tidewheel"), "dlq", "redrive", "--yes"},
        std::move(environment));
}

int waiting_for_locks(const Deployment& deployment) {
    return std::stoi(
        deployment.value("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                         "current_database() AND wait_event_type = 'Lock'"));
}

}  // namespace

TEST_CASE("dead letters of views that can't share a pass are redriven") {
    Deployment deployment;
    const std::string views = R"(
CREATE TABLE stores (store text PRIMARY KEY, vip boolean);
INSERT INTO stores VALUES ('s0', false), ('s1', true), ('s2', true), ('s3', false), ('s4', true), ('s5', false), ('s6', true);
CREATE MATERIALIZED VIEW bare AS SELECT store, count(*) AS n FROM numbers JOIN stores USING (store) GROUP BY store;
CREATE MATERIALIZED VIEW qualified AS SELECT numbers.store, vip, count(*) AS n FROM numbers JOIN stores USING (store) GROUP BY numbers.store, vip;
)";
    park(deployment, views, 20);
    const Finished redriven = deployment.tidewheel({"dlq", "redrive", "--yes"});
    INFO(redriven.output << redriven.errors);
    CHECK(redriven.status == 0);
    CHECK(letters(deployment) == "0");
    CHECK(deployment.value("SELECT sum(n) FROM bare") == "30");
    CHECK(deployment.value("SELECT sum(n) FROM qualified") == "30");
    check_verified(deployment);
}

TEST_CASE("a redrive that opens during an apply of its stream goes by what was applied") {
    Deployment deployment;
    park(deployment, "", 20);
    // The apply has replaced the stream by then, without a column, and tries the INSERT.
    postgres::Connection connection(deployment.url());
    postgres::Transaction gate(connection);
    gate.run("LOCK TABLE whole");
    std::string narrower = with("", true);
    for (const std::string part : {",\n    origin text    OPTIONS (header 'origin')", ", origin"})
        narrower.erase(narrower.rfind(part), part.size());
    Process apply({program("tidewheel"), "apply", deployment.file(narrower)},
                  {"TIDEWHEEL_DATABASE=" + deployment.url(),
                   "TIDEWHEEL_KAFKA=" + deployment.kafka().brokers});
    eventually("the stream is replaced", [&] { return waiting_for_locks(deployment) == 1; });
    auto redrive = start_redrive(deployment.url());
    eventually("the redrive plans", [&] { return waiting_for_locks(deployment) == 2; });
    gate.commit();
    CHECK(apply.wait() == 0);
    CHECK(redrive->wait() == 0);
    INFO(apply.errors() << redrive->output() << redrive->errors());
    CHECK(redrive->errors().find("cannot be run") == std::string::npos);
    CHECK(letters(deployment) == "0");
    CHECK(deployment.value("SELECT count(*) FROM whole") == "30");
}

TEST_CASE("a function that fails over some dead letters keeps only their share back") {
    Deployment deployment;
    const std::string priced = R"(
CREATE TABLE prices (n integer, price integer);
CREATE FUNCTION price_of(integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN
IF $1 < 1020 THEN RETURN coalesce((SELECT price FROM prices p WHERE p.n = $1), 1); END IF; RETURN 1; END $$;
CREATE TABLE priced (n integer, price integer);
INSERT INTO priced SELECT n, price_of(n) FROM numbers;
)";
    park(deployment, priced, 20, 10);
    deployment.query("ALTER TABLE prices RENAME TO hidden");
    const Finished part = deployment.tidewheel({"dlq", "redrive", "--yes"});
    INFO(part.output << part.errors);
    CHECK(part.status == 1);
    CHECK_THAT(part.output, ContainsSubstring("stored: 10; refused again: 0; waiting for a "
                                              "statement: 20"));
    CHECK_THAT(part.errors, ContainsSubstring("statement priced cannot be run: ") &&
                                ContainsSubstring("relation \"prices\" does not exist"));
    CHECK(deployment.value("SELECT count(*) FROM whole") == "40");
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "40");
    CHECK(deployment.value("SELECT count(*) FROM priced") == "20");
    deployment.query("ALTER TABLE hidden RENAME TO prices");
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(letters(deployment) == "0");
    CHECK(deployment.value("SELECT count(DISTINCT n) FROM priced") == "40");
    check_verified(deployment);
}

TEST_CASE("a redrive whose connections are lost continues, or says how far it has come") {
    Deployment deployment;
    park(deployment, "", 20, 10);
    const std::string role = unique("redriver");
    deployment.query("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'secret'");
    std::string url = deployment.url();
    const auto user = url.find("://") + 3;
    url.replace(user, url.find('@') - user, role + ":secret");
    // It has done the first partition, and waits for a letter of the second.
    postgres::Connection connection(deployment.url());
    postgres::Transaction gate(connection);
    gate.run("SELECT FROM tidewheel.dead_letters WHERE partition = 1 FOR UPDATE");
    auto redrive = start_redrive(url);
    eventually("the first partition is done", [&] { return waiting_for_locks(deployment) == 1; });
    CHECK(letters(deployment) == "10");
    const auto end_its_connections = [&] {
        deployment.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + role +
            "'");
    };
    SECTION("goes on") {
        end_its_connections();
        gate.commit();
        CHECK(redrive->wait() == 0);
        CHECK_THAT(redrive->output(), ContainsSubstring("stored: 30; refused again: 0\n"));
        CHECK(letters(deployment) == "0");
        check_verified(deployment);
    }
    SECTION("says how far it has come") {
        deployment.query("ALTER ROLE " + role + " NOLOGIN");
        end_its_connections();
        CHECK(redrive->wait() == 2);
        CHECK_THAT(redrive->output(),
                   ContainsSubstring("stored: 20; refused again: 0; not tried: 10\n"));
        CHECK_THAT(redrive->errors(), ContainsSubstring("not permitted to log in"));
    }
    deployment.query("DROP ROLE " + role);
}

TEST_CASE("a redrive that is frozen in the middle of a COPY blocks others only briefly") {
    Deployment deployment;
    park(deployment, "", 20);
    auto frozen = start_redrive(deployment.url(), {"TIDEWHEEL_FAILPOINTS=during_copy=stop@1"});
    eventually("it is frozen", [&] { return frozen->stopped(); });
    SECTION("no command that changes what runs") {
        deployment.must({"pause", "whole"});
        deployment.must({"resume", "whole"});
        frozen->signal(SIGCONT);
        CHECK(frozen->wait() == 0);
        CHECK(letters(deployment) == "0");
    }
    SECTION("no other redrive") {
        deployment.must({"dlq", "redrive", "--yes"});
        CHECK(letters(deployment) == "0");
        frozen->signal(SIGCONT);
        CHECK(frozen->wait() == 0);
        CHECK_THAT(frozen->output(), ContainsSubstring("already handled by another command: 20"));
    }
    SECTION("no discard") {
        deployment.must({"dlq", "discard", "--all", "--yes"});
        CHECK(letters(deployment) == "20");
        frozen->signal(SIGCONT);
        CHECK(frozen->wait() == 0);
        CHECK(deployment.value("SELECT count(*) FROM whole") == "10");
        return;
    }
    CHECK(deployment.value("SELECT count(*) FROM whole") == "30");
    check_verified(deployment);
}

TEST_CASE("a command that the catalogue is kept from says by whom") {
    Deployment deployment;
    require_applied(deployment);
    postgres::Connection connection(deployment.url(), "long transaction");
    postgres::Transaction holder(connection);
    catalogue::lock_catalogue(holder);
    const Finished paused = deployment.tidewheel({"pause", "whole"});
    CHECK(paused.status == 5);
    CHECK_THAT(paused.errors,
               ContainsSubstring("the catalogue is held by long transaction, pid ") &&
                   ContainsSubstring("waiting for its client since"));
}

TEST_CASE("a redrive that loses the answer to its COMMIT counts what it has stored") {
    Deployment deployment;
    park(deployment, "", 20);
    const auto at = deployment.url().find('@') + 1;
    const auto end = deployment.url().find('/', at);
    Proxy proxy(deployment.url().substr(at, end - at));
    postgres::Connection connection(deployment.url());
    postgres::Transaction gate(connection);
    gate.run("SELECT FROM tidewheel.dead_letters FOR UPDATE");
    auto redrive =
        start_redrive(std::string(deployment.url()).replace(at, end - at, proxy.address()));
    eventually("it waits for the letters", [&] { return waiting_for_locks(deployment) == 1; });
    proxy.swallow_answer_to("COMMIT");
    gate.commit();
    eventually("the answer is lost", [&] { return proxy.swallowed() == 1; });
    proxy.heal();
    CHECK(redrive->wait() == 0);
    INFO(redrive->output() << redrive->errors());
    CHECK_THAT(redrive->output(), ContainsSubstring("stored: 20; refused again: 0\n"));
    CHECK(letters(deployment) == "0");
    check_verified(deployment);
}
