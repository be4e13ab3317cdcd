// A redrive that meets trouble of one statement, of the catalogue or of a server does all the rest,
// and says what it did.
#include "redrives.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string rule = " CONSTRAINT small CHECK (n < 1000)";

// The pipeline with more statements, and with the stream's rule or without.
std::string with(const std::string& more, bool mended) {
    std::string text = pipeline + more;
    if (mended) text.erase(text.find(rule), rule.size());
    return text;
}

// Parks the letters of the numbers from 1000 on, and mends the rule that refused them.
void park(Deployment& deployment, const std::string& more, int letters) {
    require_applied(deployment, with(more, false));
    Services services(deployment);
    deployment.send(0, numbers(990, 1000 + letters));
    deployment.arrive();
    REQUIRE(redrives::letters(deployment) == std::to_string(letters));
    require_applied(deployment, with(more, true));
}

std::unique_ptr<Process> start_redrive(const Deployment& deployment,
                                       std::vector<std::string> environment = {}) {
    environment.push_back("TIDEWHEEL_DATABASE=" + deployment.url());
    environment.push_back("TIDEWHEEL_KAFKA=" + deployment.kafka().brokers);
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

TEST_CASE("letters of views that can't share a pass are redriven") {
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
    is_verified(deployment);
}

TEST_CASE("a redrive that opens during an apply of its stream goes by what was applied") {
    Deployment deployment;
    park(deployment, "", 20);
    // The apply has made the stream anew by then, without a column, and tries the INSERT.
    postgres::Connection connection(deployment.url());
    postgres::Transaction gate(connection);
    gate.run("LOCK TABLE whole");
    std::string narrower = with("", true);
    for (const std::string part : {",\n    origin text    OPTIONS (header 'origin')", ", origin"})
        narrower.erase(narrower.rfind(part), part.size());
    Process apply({program("tidewheel"), "apply", deployment.file(narrower)},
                  {"TIDEWHEEL_DATABASE=" + deployment.url(),
                   "TIDEWHEEL_KAFKA=" + deployment.kafka().brokers});
    eventually("the stream is made anew", [&] { return waiting_for_locks(deployment) == 1; });
    auto redrive = start_redrive(deployment);
    eventually("the redrive plans", [&] { return waiting_for_locks(deployment) == 2; });
    gate.commit();
    CHECK(apply.wait() == 0);
    CHECK(redrive->wait() == 0);
    INFO(apply.errors() << redrive->output() << redrive->errors());
    CHECK(redrive->errors().find("can't be run") == std::string::npos);
    CHECK(letters(deployment) == "0");
    CHECK(deployment.value("SELECT count(*) FROM whole") == "30");
}
