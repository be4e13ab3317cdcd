// A rebuild beside those who read what it wants to do away with.
#include <csignal>

#include "changes.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string pipeline =
    stream + "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers;\n";

std::unique_ptr<Process> start_rebuild(const Deployment& deployment) {
    return std::make_unique<Process>(
        std::vector<std::string>{program("tidewheel"), "rebuild", "total"},
        std::vector<std::string>{"TIDEWHEEL_DATABASE=" + deployment.url(),
                                 "TIDEWHEEL_KAFKA=" + testing::kafka().brokers});
}

void count_hundred(Deployment& deployment) {
    require_applied(deployment, pipeline);
    deployment.send(0, numbers(0, 100));
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
}

// Ends a rebuild that has computed everything, and can't swap: the view is being read. Returns the
// state table that it leaves.
std::string leave_shadow(const Deployment& deployment) {
    postgres::Connection user(deployment.url());
    postgres::Transaction reading(user);
    reading.query("SELECT n FROM total");
    auto command = start_rebuild(deployment);
    eventually("all is computed, but for the swap", [&] {
        return deployment.value(
                   "SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress JOIN "
                   "tidewheel.statements s ON s.id = statement_id WHERE rebuilds IS NOT NULL") ==
               "100";
    });
    command->signal(SIGKILL);
    command->wait();
    return deployment.value(
        "SELECT state_table FROM tidewheel.statements WHERE rebuilds IS NOT "
        "NULL");
}

std::string state_tables(const Deployment& deployment) {
    return deployment.value(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'tidewheel'::regnamespace AND relname "
        "LIKE 'state\\_%' AND relkind = 'r'");
}

}  // namespace

TEST_CASE("a rebuild doesn't wait for those who read what an earlier one has left") {
    Deployment deployment;
    count_hundred(deployment);
    const std::string left = leave_shadow(deployment);
    // Of another definition: it is of no use any more.
    deployment.query(
        "UPDATE tidewheel.statements SET fingerprint = 'old' WHERE rebuilds IS NOT "
        "NULL");
    const std::string before =
        deployment.value("SELECT state_table FROM tidewheel.statements WHERE name = 'total'");
    {
        postgres::Connection reader(deployment.url(), "a long dump");
        postgres::Transaction reading(reader);
        reading.query("SELECT FROM " + left);
        auto rebuild = start_rebuild(deployment);
        eventually("the new state has taken the old one's place", [&] {
            return deployment.value(
                       "SELECT state_table FROM tidewheel.statements WHERE name = "
                       "'total'") != before;
        });
        eventually("the old state is gone", [&] { return state_tables(deployment) == "2"; });
        deployment.must({"pause", "total"});  // the catalogue is not locked
        deployment.must({"resume", "total"});
        rebuild->signal(SIGTERM);  // it would wait for the reader for a while
        CHECK(rebuild->wait() == 0);
        CHECK_THAT(rebuild->output(), ContainsSubstring("total: rebuilt from 100 records") &&
                                          ContainsSubstring("is still being read by backend") &&
                                          ContainsSubstring("a long dump"));
    }
    deployment.must({"rebuild", "total"});
    CHECK(state_tables(deployment) == "1");
    check_verified(deployment);
}

TEST_CASE("dropping a view takes what its rebuilds could not drop") {
    Deployment deployment;
    count_hundred(deployment);
    deployment.query("CREATE VIEW mine AS SELECT * FROM tidewheel.state_total");
    deployment.must({"rebuild", "total"});
    deployment.query("DROP VIEW mine");
    deployment.must({"drop", "--yes", "total"});
    CHECK(state_tables(deployment) == "0");
}

TEST_CASE("a rebuild leaves a state that something of the user's depends on, and says so") {
    Deployment deployment;
    count_hundred(deployment);
    deployment.query("CREATE VIEW mine AS SELECT * FROM tidewheel.state_total");
    for (int round = 0; round < 2; ++round) {
        const Finished rebuilt = deployment.tidewheel({"rebuild", "total"});
        INFO(rebuilt.errors);
        REQUIRE(rebuilt.status == 0);
        CHECK_THAT(rebuilt.output, ContainsSubstring("note: ") &&
                                       ContainsSubstring("view public.mine depends on table"));
        CHECK(state_tables(deployment) == "2");
    }
    const Finished applied = deployment.apply(
        stream +
            "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers WHERE n > "
            "0;\n",
        {"--rebuild"});
    CHECK(applied.status == 0);
    CHECK_THAT(applied.output, ContainsSubstring("view public.mine depends on table"));
    deployment.query("DROP VIEW mine");
    deployment.must({"rebuild", "total"});
    CHECK(state_tables(deployment) == "1");
    check_verified(deployment);
}
