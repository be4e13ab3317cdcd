// Tidewheel with an ordinary role: what a superuser does is `init`, once, if at all.
#include <csignal>

#include "ingress_service.hpp"
#include "source_service.hpp"
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
        CHECK(service->wait() == 0);
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
               ContainsSubstring("use of server kafka by " + role.name() + ": unchanged") &&
                   !ContainsSubstring("not possible"));
    work_as(role);
}

TEST_CASE("an ordinary role does everything where no superuser ever was") {
    TemporaryDatabase database;
    OrdinaryRole role(database);
    role.may_create_schemas(database.name());
    work_as(role);
}

namespace {

// A role that may log in, and no more.
class BareRole {
  public:
    BareRole(const TemporaryDatabase& database, const std::string& stem)
        : superuser_(database.url()), name_(unique(stem)) {
        superuser_.query("CREATE ROLE " + name_ + " LOGIN PASSWORD 'secret'");
        const std::string& url = database.url();
        url_ = "postgresql://" + name_ + ":secret" + url.substr(url.find('@', url.find("://")));
    }
    ~BareRole() {
        superuser_.query("DROP OWNED BY " + name_);
        superuser_.query("DROP ROLE " + name_);
    }
    BareRole(const BareRole&) = delete;
    BareRole& operator=(const BareRole&) = delete;

    const std::string& name() const { return name_; }
    const std::string& url() const { return url_; }
    std::string value(const std::string& sql) const {
        return postgres::Connection(url_).query(sql).at(0).text_or(0, "NULL");
    }
    void may_not(const std::string& sql) const {
        INFO(sql);
        postgres::Connection connection(url_);
        try {
            connection.query(sql);
            FAIL_CHECK("it may");
        } catch (const postgres::DatabaseError& error) {
            CHECK(error.sqlstate() == "42501");
        }
    }

  private:
    postgres::Connection superuser_;
    std::string name_, url_;
};

struct ThreeRoles {
    TemporaryDatabase database;
    OrdinaryRole owner{database};
    BareRole service{database, "service"}, reader{database, "reader"};

    ThreeRoles() {
        postgres::Connection superuser(database.url());
        superuser.query("REVOKE TEMPORARY ON DATABASE " + database.name() + " FROM PUBLIC");
        superuser.query("GRANT TEMPORARY ON DATABASE " + database.name() + " TO " + owner.name());
        printed(
            run({program("tidewheel"), "init", "--database", database.url(), "--owner",
                 owner.name(), "--service-role", service.name(), "--reader-role", reader.name()}));
    }
};

}  // namespace

TEST_CASE(
    "a service role runs what the owner applies, later tables included, and changes nothing") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    const std::string as_service = "TIDEWHEEL_DATABASE=" + roles.service.url();
    printed(deployment.apply(pipeline));
    auto worker = deployment.start("tidewheel-worker", {as_service}),
         aggregator = deployment.start("tidewheel-aggregator", {as_service});
    deployment.send(0, {R"({"n": 1, "station": "a"})", R"({"n": "one"})"});
    deployment.arrive();
    // Another one takes over from a worker that is gone without a word.
    worker->signal(SIGKILL);
    worker->wait(std::chrono::seconds(5));
    worker = deployment.start("tidewheel-worker", {as_service});
    printed(deployment.apply(std::string(pipeline) +
                             "CREATE TABLE latest (station text PRIMARY KEY, n integer);\n"
                             "INSERT INTO latest SELECT station, n FROM readings ON CONFLICT "
                             "(station) DO UPDATE SET n = excluded.n;\n"
                             "CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM "
                             "readings;\n"));
    deployment.send(0, {R"({"n": 4, "station": "a"})", R"({"n": 5, "station": "a"})"});
    deployment.arrive();
    printed(deployment.tidewheel({"rebuild", "total"}));
    deployment.send(0, {R"({"n": 6, "station": "a"})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM total") == "16");
    CHECK(deployment.value("SELECT n FROM latest") == "6");
    CHECK(deployment.value("SELECT count(*) FROM kept") == "4");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "1");
    printed(deployment.tidewheel({"verify"}));

    for (const char* change :
         {"DROP TABLE kept", "ALTER TABLE kept ADD COLUMN x integer", "DELETE FROM kept",
          "TRUNCATE kept", "DROP VIEW total", "CREATE TABLE public.mine ()",
          "CREATE TABLE tidewheel.mine ()", "UPDATE tidewheel.catalogue SET version = 0",
          "UPDATE tidewheel.statements SET text = ''", "DELETE FROM tidewheel.progress",
          "DELETE FROM tidewheel.dead_letters",
          "INSERT INTO tidewheel.roles VALUES ('reader', 'x')"})
        roles.service.may_not(change);
    const Finished dropped = run({program("tidewheel"), "drop", "--yes", "total", "--database",
                                  roles.service.url(), "--kafka", testing::kafka().brokers});
    CHECK(dropped.status == 4);
}

TEST_CASE("a service role takes records by HTTP, and judges them by the stream's CHECKs") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    printed(
        deployment.apply("CREATE FOREIGN TABLE readings (n integer CHECK (n < 9)) SERVER kafka "
                         "OPTIONS (topic '{topic}', ingress '/readings')"));
    const Ingress ingress(deployment, {"TIDEWHEEL_DATABASE=" + roles.service.url()});
    CHECK(ingress.post("/readings", R"({"n": 1})").status == 202);
    CHECK(ingress.post("/readings", R"({"n": 9})").status == 400);
}

TEST_CASE("a service role fetches records from a source, and a reader role sees how it stands") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    Rest rest;
    rest.has(R"([{"n": 1}, {"n": 2}])");
    printed(
        deployment.apply("CREATE FOREIGN TABLE readings (n integer) SERVER kafka OPTIONS "
                         "(topic '{topic}', source_interval '1', source '" +
                         rest.url() + "')"));
    const Source source(deployment, {"TIDEWHEEL_DATABASE=" + roles.service.url()});
    eventually("the records arrive", [&] { return values_in(deployment).size() == 2; });
    eventually("a reader sees them", [&] {
        return postgres::Connection(roles.reader.url())
                   .query("SELECT records FROM tidewheel.sources WHERE owner IS NOT NULL")
                   .at(0)
                   .integer(0) == 2;
    });
}

TEST_CASE("a service role sends rows to a topic, and a reader role sees what waits") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    printed(deployment.apply(
        "CREATE FOREIGN TABLE readings (n integer) SERVER kafka OPTIONS (topic '{topic}'); "
        "CREATE FOREIGN TABLE sent (n integer) SERVER kafka OPTIONS (topic '{topic}_sent'); "
        "INSERT INTO sent SELECT n + 1 FROM readings"));
    const std::string as_service = "TIDEWHEEL_DATABASE=" + roles.service.url();
    const auto worker = deployment.start("tidewheel-worker", {as_service}),
               publisher = deployment.start("tidewheel-publisher", {as_service});
    deployment.send(0, {R"({"n": 1})", R"({"n": 2})"});
    eventually("the records arrive", [&] {
        return testing::stored_in(deployment.kafka(), deployment.topic() + "_sent").size() == 2;
    });
    eventually("a reader sees an empty outbox", [&] {
        return roles.reader.value("SELECT count(*) FROM tidewheel.outbox_of_sent") == "0";
    });
}

TEST_CASE("a reader role reads what is stored and how far it is, and nothing else") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    printed(deployment.apply(pipeline));
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 1, "station": "a"})", R"({"n": "one"})"});
    deployment.arrive();
    CHECK(roles.reader.value("SELECT n FROM kept") == "1");
    CHECK(roles.reader.value("SELECT mean FROM by_station") == "1.00000000000000000000");
    CHECK(roles.reader.value("SELECT reason FROM tidewheel.dead_letters") == "wrong_type");
    CHECK_THAT(printed(run({program("tidewheel"), "status", "--database", roles.reader.url(),
                            "--kafka", testing::kafka().brokers})),
               ContainsSubstring("by_station"));
    for (const char* deed :
         {"SELECT payload FROM tidewheel.dead_letters", "INSERT INTO kept VALUES (2)",
          "DELETE FROM kept", "UPDATE tidewheel.progress SET next_offset = 0",
          "CREATE TABLE public.mine ()", "CREATE TEMP TABLE mine ()", "DROP VIEW by_station"})
        roles.reader.may_not(deed);
}

TEST_CASE("what apply can't grant to the service role, it says with the GRANT") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    postgres::Connection superuser(roles.database.url());
    superuser.query("CREATE TABLE public.theirs (n integer)");
    superuser.query("GRANT SELECT, INSERT ON public.theirs TO " + roles.owner.name());
    CHECK_THAT(printed(deployment.apply("CREATE FOREIGN TABLE readings (n integer NOT NULL) SERVER "
                                        "kafka OPTIONS (topic '{topic}', partitions '1');\n"
                                        "INSERT INTO theirs SELECT n FROM readings;\n")),
               ContainsSubstring("GRANT INSERT ON public.theirs TO \"" + roles.service.name()));
}

TEST_CASE(
    "a rebuild refuses before it begins where it may not add the new state to a publication") {
    ThreeRoles roles;
    Deployment deployment(roles.owner.url(), testing::kafka());
    printed(deployment.apply(pipeline));
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 1, "station": "a"})"});
    eventually("the view has it",
               [&] { return deployment.value("SELECT count(*) FROM by_station") == "1"; });
    postgres::Connection superuser(roles.database.url());
    superuser.query("CREATE PUBLICATION theirs FOR TABLE tidewheel.state_by_station");
    const Finished refused = deployment.tidewheel({"rebuild", "by_station"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.errors, ContainsSubstring("publication theirs lists") &&
                                   ContainsSubstring("ALTER PUBLICATION theirs OWNER TO"));
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.statements WHERE rebuilds IS NOT "
                           "NULL") == "0");
    superuser.query("DROP PUBLICATION theirs");
    printed(deployment.tidewheel({"rebuild", "by_station"}));
}
