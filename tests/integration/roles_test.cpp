// Tidewheel with an ordinary role: what a superuser does is `init`, once, if at all.
#include <csignal>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/process.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE readings (n integer NOT NULL, station text) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE kept (n integer PRIMARY KEY, station text);
INSERT INTO kept SELECT n, station FROM readings ON CONFLICT (n) DO NOTHING;
CREATE MATERIALIZED VIEW by_station AS SELECT station, count(*) AS n, avg(n) AS mean FROM readings GROUP BY station;
)";

// A role that may log in and create tables in its schema, and nothing else.
class OrdinaryRole {
  public:
    explicit OrdinaryRole(const TemporaryDatabase& database)
        : superuser_(database.url()), name_(unique("etl")) {
        superuser_.query("CREATE ROLE " + name_ + " LOGIN PASSWORD 'secret'");
        superuser_.query("GRANT CREATE ON SCHEMA public TO " + name_);
        const std::string& url = database.url();
        url_ = "postgresql://" + name_ + ":secret" + url.substr(url.find('@', url.find("://")));
    }
    ~OrdinaryRole() {
        superuser_.query("DROP OWNED BY " + name_);
        superuser_.query("DROP ROLE " + name_);
    }
    OrdinaryRole(const OrdinaryRole&) = delete;
    OrdinaryRole& operator=(const OrdinaryRole&) = delete;

    const std::string& name() const { return name_; }
    const std::string& url() const { return url_; }
    void may_create_schemas(const std::string& database) {
        superuser_.query("GRANT CREATE ON DATABASE " + database + " TO " + name_);
    }

  private:
    postgres::Connection superuser_;
    std::string name_, url_;
};

std::string printed(const Finished& finished) {
    INFO(finished.errors);
    CHECK(finished.status == 0);
    return finished.output;
}

// Everything that a pipeline's owner does, from the first record to the end.
void work_as(const OrdinaryRole& role) {
    Deployment deployment(role.url(), testing::kafka());
    CHECK(deployment.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "f");
    CHECK_THAT(printed(deployment.apply(pipeline)), ContainsSubstring("4 statements created"));
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 1, "station": "a"})", R"({"n": "one"})"});
    deployment.send(1, {R"({"n": 4, "station": "a"})", R"({"n": 4})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM kept") == "1 4");
    CHECK(deployment.value("SELECT mean FROM by_station WHERE station = 'a'") ==
          "2.5000000000000000");

    const std::string status = printed(deployment.tidewheel({"status"}));
    CHECK_THAT(status, ContainsSubstring("current") && ContainsSubstring("[0,1]"));
    printed(deployment.tidewheel({"plan"}));
    printed(deployment.tidewheel({"verify"}));
    CHECK_THAT(printed(deployment.tidewheel({"dlq", "list"})), ContainsSubstring("wrong_type"));
    const std::string letter = deployment.value("SELECT id FROM tidewheel.dead_letters");
    CHECK_THAT(printed(deployment.tidewheel({"dlq", "show", letter})),
               ContainsSubstring(R"({"n": "one"})"));
    for (auto* service : {worker.get(), aggregator.get()}) {
        service->signal(SIGTERM);
        CHECK(service->wait(std::chrono::seconds(15)) == 0);
    }
    printed(deployment.tidewheel({"drop", "--yes", "--cascade", "readings"}));
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.statements") == "0");
    CHECK(deployment.value("SELECT to_regclass('by_station')") == "\\N");
}

}  // namespace

TEST_CASE("an ordinary role does everything once a superuser has prepared the database") {
    TemporaryDatabase database;
    OrdinaryRole role(database);
    const auto init_as = [&](const std::string& url, std::vector<std::string> further) {
        std::vector<std::string> arguments{program("tidewheel"), "init", "--database", url};
        arguments.insert(arguments.end(), further.begin(), further.end());
        return printed(run(std::move(arguments)));
    };
    init_as(database.url(), {"--owner", role.name()});
    // Whoever owns the catalogue may look again, and hears that all is well.
    CHECK_THAT(init_as(role.url(), {}),
               ContainsSubstring("use of server kafka by " + role.name() + ": there already") &&
                   !ContainsSubstring("not possible"));
    work_as(role);
}

TEST_CASE("an ordinary role does everything where no superuser ever was") {
    TemporaryDatabase database;
    OrdinaryRole role(database);
    role.may_create_schemas(database.name());
    work_as(role);
}
