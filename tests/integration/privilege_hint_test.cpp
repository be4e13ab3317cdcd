// An error about a missing privilege names the role and the statement that helps.
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::orders_pipeline;
using testing::TidewheelCli;

namespace {

class Newcomer {
  public:
    explicit Newcomer(const TidewheelCli& cli) : cli_(cli), name_(testing::unique("etl")) {
        cli.query("CREATE ROLE " + name_ + " LOGIN PASSWORD 'secret'");
        const std::string& url = cli.database().url();
        url_ = "postgresql://" + name_ + ":secret" + url.substr(url.find('@', url.find("://")));
    }
    ~Newcomer() {
        cli_.query("DROP OWNED BY " + name_);
        cli_.query("DROP ROLE " + name_);
    }
    Newcomer(const Newcomer&) = delete;
    Newcomer& operator=(const Newcomer&) = delete;

    const std::string& name() const { return name_; }
    const std::string& url() const { return url_; }

  private:
    const TidewheelCli& cli_;
    std::string name_, url_;
};

}  // namespace

TEST_CASE("a missing privilege is reported with the role and the GRANT") {
    TidewheelCli cli;
    Newcomer role(cli);
    const std::string file = cli.file(orders_pipeline);
    const auto refused = cli.run_as(role.url(), {"init"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.errors, ContainsSubstring("tidewheel init --owner " + role.name()));

    REQUIRE(cli.run({"init"}).status == 0);
    CHECK_THAT(cli.run_as(role.url(), {"apply", file}).errors,
               ContainsSubstring("permission denied for schema tidewheel") &&
                   ContainsSubstring("The catalogue belongs to tidewheel") &&
                   ContainsSubstring("GRANT tidewheel TO " + role.name()));
}

TEST_CASE("a schema that a role may not create in is reported with the GRANT") {
    TidewheelCli cli;
    Newcomer role(cli);
    REQUIRE(cli.run({"init", "--owner", role.name()}).status == 0);
    const auto refused = cli.run_as(role.url(), {"apply", cli.file(orders_pipeline)});
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors,
               ContainsSubstring("permission denied for schema public") &&
                   ContainsSubstring("GRANT USAGE, CREATE ON SCHEMA public TO " + role.name()));
    cli.query("GRANT CREATE ON SCHEMA public TO " + role.name());
    cli.query("REVOKE TEMPORARY ON DATABASE " + cli.database().name() + " FROM PUBLIC");
    const auto without_temp = cli.run_as(role.url(), {"apply", cli.file(orders_pipeline)});
    INFO(without_temp.errors);
    CHECK_THAT(without_temp.errors,
               ContainsSubstring("GRANT TEMPORARY ON DATABASE " + cli.database().name() + " TO " +
                                 role.name()));
}

TEST_CASE("a read-only session is reported with its cause") {
    TidewheelCli cli;
    Newcomer role(cli);
    REQUIRE(cli.run({"init", "--owner", role.name()}).status == 0);
    cli.query("GRANT CREATE ON SCHEMA public TO " + role.name());
    cli.query("ALTER ROLE " + role.name() + " SET default_transaction_read_only = on");
    const auto refused = cli.run_as(role.url(), {"apply", cli.file(orders_pipeline)});
    CHECK(refused.status == 5);
    CHECK_THAT(refused.errors, ContainsSubstring("read-only") &&
                                   ContainsSubstring("default_transaction_read_only") &&
                                   ContainsSubstring(role.name()));
}
