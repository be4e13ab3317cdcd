// What goes wrong with roles and servers says who was refused, and the way out.
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::Deployment;
using testing::orders_pipeline;
using testing::TidewheelCli;

namespace {

// A role of the test's own, gone with it.
class Role {
  public:
    explicit Role(const TidewheelCli& cli) : cli_(cli), name_(testing::unique("role")) {
        cli_.query("CREATE ROLE " + name_ + " LOGIN PASSWORD 'p'");
    }
    ~Role() {
        cli_.query("DROP OWNED BY " + name_);
        cli_.query("DROP ROLE " + name_);
    }
    Role(const Role&) = delete;
    Role& operator=(const Role&) = delete;

    const std::string& name() const { return name_; }
    std::string url() const {
        const std::string& url = cli_.database().url();
        const auto user = url.find("://") + 3;
        return url.substr(0, user) + name_ + ":p" + url.substr(url.find('@'));
    }

  private:
    const TidewheelCli& cli_;
    std::string name_;
};

}  // namespace

TEST_CASE("a role that may not is named, with the command that lets it") {
    TidewheelCli cli;
    const Role role(cli);
    REQUIRE(cli.run({"init"}).status == 0);
    const auto refused = cli.run_as(role.url(), {"status"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.errors, ContainsSubstring("permission denied") &&
                                   ContainsSubstring("tidewheel init --owner " + role.name()));
}

TEST_CASE("a role without temporary tables gets the GRANT as a hint") {
    TidewheelCli cli;
    const Role role(cli);
    cli.query("REVOKE TEMPORARY ON DATABASE " + cli.database().name() + " FROM PUBLIC");
    postgres::Connection connection(role.url());
    try {
        connection.query("CREATE TEMPORARY TABLE x ()");
        FAIL("it was allowed");
    } catch (const Error& error) {
        CHECK(error.hint() == "Run GRANT TEMPORARY ON DATABASE " + cli.database().name() + " TO " +
                                  role.name() + " as the database's owner.");
    }
}

TEST_CASE("a server that accepts no writes, and a statement's time-out, have their hints") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const std::string& url = cli.database().url();
    const auto read_only =
        cli.run_as(url + "?options=-c%20default_transaction_read_only%3Don", {"pause", "by_shop"});
    CHECK(read_only.status == 5);
    CHECK_THAT(read_only.errors, ContainsSubstring("standby"));
    postgres::Connection impatient(url + "?options=-c%20statement_timeout%3D50");
    try {
        impatient.query("SELECT pg_sleep(10)");
        FAIL("it was allowed");
    } catch (const Error& error) {
        CHECK_THAT(error.hint(), ContainsSubstring("PGOPTIONS='-c statement_timeout=0'"));
    }
}

TEST_CASE("init lets the role that runs it, or the owner, use the server, and no other") {
    const auto may_use = [](const TidewheelCli& cli, const Role& role) {
        return cli.value("SELECT has_server_privilege('" + role.name() + "', 'kafka', 'USAGE')");
    };
    TidewheelCli alone, owned;
    const Role other(alone), owner(owned), stranger(owned);
    REQUIRE(alone.run({"init"}).status == 0);
    CHECK(may_use(alone, other) == "f");
    REQUIRE(owned.run({"init", "--owner", owner.name()}).status == 0);
    CHECK(may_use(owned, owner) == "t");
    CHECK(may_use(owned, stranger) == "f");
}

TEST_CASE("a service whose name is long says nothing of libpq's about it") {
    Deployment deployment;
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE s (n integer) SERVER kafka OPTIONS (topic "
                       "'{topic}');\nCREATE TABLE t (n integer);\n"
                       "INSERT INTO t SELECT n FROM s;\n")
                .status == 0);
    auto worker = deployment.start("tidewheel-worker",
                                   {"TIDEWHEEL_INSTANCE=" + std::string(61, 'x') + "ääää"});
    deployment.send(0, {R"({"n": 1})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM t") == "1");
    CHECK_THAT(worker->errors(), !ContainsSubstring("NOTICE"));
}
