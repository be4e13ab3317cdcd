// `tidewheel status --explain` of what a service leaves out, and by a role that can't tell.
#include "changes.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a statement that waits at a refused record is not explained by a missing service") {
    Deployment deployment;
    require_applied(
        deployment,
        stream +
            "CREATE TABLE whole (n integer);\n"
            "INSERT INTO whole SELECT n FROM numbers;\n"
            "CREATE TABLE prices (n integer, price integer);\n"
            "CREATE FUNCTION price_of(integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN "
            "RETURN coalesce((SELECT price FROM prices p WHERE p.n = $1), 1); END $$;\n"
            "CREATE TABLE priced (n integer, price integer);\n"
            "INSERT INTO priced SELECT n, price_of(n) FROM numbers;\n");
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, numbers(0, 10));
    deployment.arrive();
    deployment.query("ALTER TABLE prices RENAME TO hidden");
    deployment.send(0, numbers(10, 20));
    Finished shown;
    eventually("it is told at which record it waits", [&] {
        shown = deployment.tidewheel({"status", "--explain"});
        return shown.output.find("priced, partition 0: it waits at offset 10") != std::string::npos;
    });
    INFO(shown.output);
    CHECK_THAT(shown.output, ContainsSubstring("prices") &&
                                 !ContainsSubstring("no other service has taken over"));
}

TEST_CASE("a role that may only read can't tell whether statements can be run") {
    Deployment deployment;
    require_applied(deployment, stream +
                                    "CREATE TABLE whole (n integer);\n"
                                    "INSERT INTO whole SELECT n FROM numbers;\n");
    deployment.send(0, numbers(0, 10));
    const std::string role = unique("reader");
    deployment.query("CREATE ROLE " + role + " LOGIN PASSWORD 'secret' IN ROLE pg_read_all_data");
    std::string url = deployment.url();
    const auto user = url.find("://") + 3;
    url.replace(user, url.find('@') - user, role + ":secret");
    const auto shown = deployment.tidewheel({"status", "--explain", "--database", url});
    INFO(shown.output << shown.errors);
    CHECK(shown.status == 0);
    CHECK_THAT(shown.output, ContainsSubstring("this role cannot find out") &&
                                 ContainsSubstring("permission denied for table whole") &&
                                 ContainsSubstring("it is not assigned to any service yet") &&
                                 !ContainsSubstring("tidewheel drop"));
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK_THAT(deployment.tidewheel({"status", "--explain", "--database", url}).output,
               ContainsSubstring("Every statement is current."));
    deployment.query("REVOKE TEMPORARY ON DATABASE " +
                     deployment.value("SELECT quote_ident(current_database())") + " FROM PUBLIC");
    CHECK(deployment.tidewheel({"status", "--explain", "--database", url}).status == 0);
    deployment.query("DROP ROLE " + role);
}
