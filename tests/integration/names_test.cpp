#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// The commands by a session whose search path is this.
std::string url_of(const Deployment& deployment, const std::string& search_path) {
    return deployment.url() + "?options=-csearch_path%3D" + search_path;
}

Finished apply_in(const Deployment& deployment, const std::string& search_path,
                  const std::string& sql) {
    return deployment.tidewheel(
        {"apply", deployment.file(sql), "--database", url_of(deployment, search_path)});
}

void require_done(const Finished& finished) {
    INFO(finished.output << finished.errors);
    REQUIRE(finished.status == 0);
}

void send(const Deployment& deployment, const std::string& topic,
          const std::vector<std::string>& records) {
    kafka::Producer producer(deployment.kafka());
    for (const std::string& record : records)
        producer.send(topic, {0, std::nullopt, std::string_view(record), {}, 0});
    REQUIRE(producer.flush(std::chrono::seconds(20)));
    REQUIRE(producer.deliveries().failed == 0);
}

// The services, until they have stored all that was sent.
void run_services(const Deployment& deployment) {
    const auto rows = deployment.start("tidewheel-worker"),
               views = deployment.start("tidewheel-aggregator");
    deployment.arrive();
}

// One file; a tenant's topic is its own.
std::string tenant_file(const Deployment& deployment, const std::string& tenant) {
    return "CREATE FOREIGN TABLE ev (id integer NOT NULL, kind text, n numeric) SERVER kafka "
           "OPTIONS (topic '" +
           deployment.topic() + "_" + tenant +
           "', partitions '1');\n"
           "CREATE DOMAIN label AS text;\n"
           "CREATE TABLE kinds (kind text PRIMARY KEY, name label);\n"
           "INSERT INTO kinds VALUES ('a', current_schema() || ' a');\n"
           "CREATE TABLE stored (id integer PRIMARY KEY, name text, n numeric);\n"
           "CREATE INDEX by_name ON stored (name);\n"
           "COMMENT ON TABLE stored IS 'what came';\n"
           "ALTER TABLE stored ADD CHECK (id > 0);\n"
           "INSERT INTO stored SELECT e.id, k.name, e.n FROM ev e LEFT JOIN kinds k USING (kind) "
           "ON CONFLICT (id) DO UPDATE SET n = excluded.n;\n"
           "CREATE MATERIALIZED VIEW by_kind AS SELECT k.name, count(*) AS records, sum(n * id) AS "
           "total FROM ev JOIN kinds k ON k.kind = ev.kind GROUP BY k.name;\n";
}

}  // namespace

TEST_CASE(
    "one file applied under three search paths gives three sets of everything, side by side") {
    Deployment deployment;
    deployment.must({"init"});
    for (const std::string tenant : {"acme", "public", "zeta"}) {
        deployment.query("CREATE SCHEMA IF NOT EXISTS " + tenant);
        const std::string path = tenant == "public" ? "public" : tenant + ",public";
        require_done(apply_in(deployment, path, tenant_file(deployment, tenant)));
        const auto again = apply_in(deployment, path, tenant_file(deployment, tenant));
        require_done(again);
        CHECK_THAT(again.output, !ContainsSubstring("created  ") &&
                                     !ContainsSubstring("no longer") &&
                                     !ContainsSubstring("warning"));
    }
    CHECK(
        deployment.value("SELECT string_agg(name, ' ' ORDER BY name) FROM tidewheel.statements") ==
        "acme.by_kind acme.stored by_kind stored zeta.by_kind zeta.stored");
    int id = 1;
    for (const std::string tenant : {"acme", "public", "zeta"}) {
        send(deployment, deployment.topic() + "_" + tenant,
             {R"({"id": )" + std::to_string(id++) + R"(, "kind": "a", "n": 10})", "bad"});
    }
    run_services(deployment);
    id = 1;
    for (const std::string tenant : {"acme", "public", "zeta"}) {
        INFO(tenant);
        const std::string n = std::to_string(id++);
        CHECK(deployment.value("SELECT id || ' ' || name || ' ' || n FROM " + tenant + ".stored") ==
              n + " " + tenant + " a 10");
        CHECK(deployment.value("SELECT name || ' ' || records || ' ' || total FROM " + tenant +
                               ".by_kind") == tenant + " a 1 " + n + "0");
        CHECK(deployment.value("SELECT obj_description('" + tenant + ".stored'::regclass)") ==
              "what came");
    }
    deployment.must({"verify"});

    // A bare name means the one along the path; without a path, several.
    const auto as_zeta = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--database", url_of(deployment, "zeta,public")});
        return deployment.tidewheel(arguments);
    };
    require_done(as_zeta({"pause", "stored"}));
    CHECK(deployment.value("SELECT name FROM tidewheel.statements WHERE paused_at IS NOT NULL") ==
          "zeta.stored");
    const auto ambiguous =
        deployment.tidewheel({"resume", "stored", "--database", url_of(deployment, "pg_catalog")});
    CHECK(ambiguous.status == 2);
    CHECK_THAT(ambiguous.errors, ContainsSubstring("acme.stored, public.stored, zeta.stored"));
    deployment.must({"resume", "zeta.stored"});
    CHECK(lines_of(as_zeta({"dlq", "list", "--stream", "ev"}).output).size() == 2);
    require_done(as_zeta({"verify", "by_kind"}));
    require_done(as_zeta({"rebuild", "by_kind"}));
    require_done(as_zeta({"drop", "by_kind", "--yes"}));
    CHECK(deployment.value("SELECT to_regclass('zeta.by_kind')") == "\\N");
    CHECK(deployment.value("SELECT to_regclass('acme.by_kind')::text") == "acme.by_kind");
}

TEST_CASE("statements may qualify every name, and a table of a stream's name is a table") {
    Deployment deployment;
    deployment.query("CREATE SCHEMA raw");
    deployment.query("CREATE SCHEMA shown");
    deployment.query("CREATE TABLE public.shop (id integer PRIMARY KEY, city text)");
    deployment.query("INSERT INTO public.shop VALUES (9, 'Bergen'), (7, 'Oslo')");
    const std::string stream = deployment.text(
        "CREATE FOREIGN TABLE raw.shop (id integer NOT NULL, city text) SERVER kafka OPTIONS "
        "(topic '{topic}', partitions '1');\n");
    for (const std::string statement :
         {"CREATE MATERIALIZED VIEW v AS SELECT city, count(*) AS n FROM shop GROUP BY city;\n",
          "INSERT INTO public.t SELECT id FROM shop;\n"}) {
        const auto refused =
            deployment.apply(stream + "CREATE TABLE public.t (id integer);\n" + statement);
        INFO(refused.output << refused.errors);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring("reads no stream: shop means public.shop, not "
                                                     "stream raw.shop"));
    }
    require_done(deployment.apply(
        stream +
        "CREATE TABLE public.cities (id integer, now_in text, before text);\n"
        "INSERT INTO shop SELECT id, city FROM raw.shop ON CONFLICT (id) DO NOTHING;\n"
        "CREATE MATERIALIZED VIEW shown.by_city AS SELECT s.city, count(*) AS n FROM raw.shop AS s "
        "GROUP BY s.city;\n"
        "CREATE MATERIALIZED VIEW shown.places (n) AS SELECT count(*) FROM raw.shop;\n"
        "CREATE MATERIALIZED VIEW own AS SELECT raw.shop.city, max(raw.shop.id) AS most FROM "
        "raw.shop GROUP BY raw.shop.city;\n"));
    require_done(deployment.apply(
        "CREATE TABLE public.ids (id integer, before text);\n"
        "CREATE TABLE public.dim (id integer PRIMARY KEY, city text);\n"
        "INSERT INTO dim VALUES (1, 'Bergen');\n"
        "INSERT INTO ids SELECT r.id, d.city FROM raw.shop r LEFT JOIN dim d ON d.id = r.id;\n",
        {}));
    deployment.send(0, {R"({"id": 1, "city": "Voss"})", R"({"id": 2, "city": "Voss"})"});
    run_services(deployment);
    CHECK(deployment.value("SELECT string_agg(id || city, ' ' ORDER BY id) FROM public.shop") ==
          "1Voss 2Voss 7Oslo 9Bergen");
    CHECK(deployment.value("SELECT city || n FROM shown.by_city") == "Voss2");
    CHECK(deployment.value("SELECT n FROM shown.places") == "2");
    CHECK(deployment.value("SELECT city || most FROM own") == "Voss2");
    CHECK(deployment.value("SELECT string_agg(id || coalesce(before, '-'), ' ' ORDER BY id) FROM "
                           "ids") == "1Bergen 2-");
    const auto verified = deployment.tidewheel({"verify", "--ignore-unexpected"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

TEST_CASE("a view refuses an aggregate of a user's own that its text doesn't show to be one") {
    Deployment deployment;
    deployment.query(
        "CREATE AGGREGATE public.my_sum(integer) (sfunc = int4pl, stype = integer, initcond = 0)");
    const std::string stream = deployment.text(
        "CREATE FOREIGN TABLE ev (id integer NOT NULL, x integer) SERVER kafka OPTIONS "
        "(topic '{topic}', partitions '1');\n");
    for (const std::string select :
         {"SELECT my_sum(x) FROM ev GROUP BY x", "SELECT x,\nmy_sum(id) FROM ev GROUP BY x",
          "SELECT x, count(*) FROM ev GROUP BY x HAVING my_sum(x) > 1"}) {
        const auto refused =
            deployment.apply(stream + "CREATE MATERIALIZED VIEW v AS " + select + ";\n");
        INFO(select << refused.output << refused.errors);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring("my_sum() is an aggregate"));
        CHECK_THAT(refused.errors, ContainsSubstring("my_sum(…) FILTER (WHERE true)"));
    }
    require_done(deployment.apply(stream +
                                  "CREATE MATERIALIZED VIEW v AS SELECT x, sum(id) AS s "
                                  "FROM ev WHERE x > (SELECT my_sum(n) FROM generate_series(1, "
                                  "3) n) GROUP BY x;\n"));
}

namespace {

// A role of the test's own, which has to be able to go.
class Role {
  public:
    explicit Role(const Deployment& deployment)
        : deployment_(deployment), name_(unique("mallory")) {
        deployment_.query("CREATE ROLE " + name_);
    }
    ~Role() {
        deployment_.query("DROP OWNED BY " + name_ + " CASCADE");
        deployment_.query("DROP ROLE " + name_);
    }
    Role(const Role&) = delete;
    Role& operator=(const Role&) = delete;
    const std::string& name() const { return name_; }

  private:
    const Deployment& deployment_;
    std::string name_;
};

constexpr const char* prices = R"(
CREATE FOREIGN TABLE prices (id integer NOT NULL, price numeric, qty integer, tags text[])
    SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE totals (id integer, total numeric);
INSERT INTO totals SELECT id, price * qty FROM prices;
CREATE MATERIALIZED VIEW per_length AS
SELECT array_length(tags, 1) AS length, sum(price * qty) AS total FROM prices GROUP BY 1;
)";

}  // namespace

TEST_CASE("a search path in which another role may create objects is refused, with the REVOKE") {
    Deployment deployment;
    const Role mallory(deployment);
    require_done(deployment.apply(deployment.text(prices)));
    const auto refusing = [&](const std::string& whom, const std::string& revoke) {
        const std::string file = deployment.file(deployment.text(prices));
        for (const std::string command : {"apply", "plan", "verify"}) {
            const auto refused =
                deployment.tidewheel(command == "verify" ? std::vector<std::string>{command}
                                                         : std::vector<std::string>{command, file});
            INFO(command << refused.output << refused.errors);
            CHECK(refused.status == 4);
            CHECK_THAT(refused.errors,
                       ContainsSubstring(whom + " may create functions and operators in schema "
                                                "public") &&
                           ContainsSubstring(revoke));
        }
    };
    deployment.query("GRANT CREATE ON SCHEMA public TO " + mallory.name());
    refusing("role " + mallory.name(), "REVOKE CREATE ON SCHEMA public FROM " + mallory.name());
    {
        const auto worker = deployment.start("tidewheel-worker");
        eventually("the worker says why it leaves the statement out", [&] {
            return worker->errors().find("may create functions and operators in schema public") !=
                   std::string::npos;
        });
    }
    deployment.query("REVOKE CREATE ON SCHEMA public FROM " + mallory.name());
    deployment.query("GRANT CREATE ON SCHEMA public TO PUBLIC");
    refusing("every role", "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    deployment.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    // A member of the owner is the owner; so is the database's for public.
    deployment.query("CREATE SCHEMA hers AUTHORIZATION " + mallory.name());
    deployment.must({"plan", deployment.file(deployment.text(prices))});
    deployment.must({"verify"});
}

TEST_CASE(
    "a running service stops for a search path that is no longer safe, and continues when it is") {
    Deployment deployment;
    const Role mallory(deployment);
    require_done(deployment.apply(deployment.text(prices)));
    const auto worker = deployment.start("tidewheel-worker");
    const auto stored = [&] { return deployment.value("SELECT sum(total) FROM totals"); };
    const std::string record = R"({"id": 1, "price": 2.5, "qty": 4})";
    deployment.send(0, {record});
    eventually("the record is stored", [&] { return stored() == "10.0"; });
    deployment.query("GRANT CREATE ON SCHEMA public TO " + mallory.name());
    eventually("the worker says why it runs the statement no longer", [&] {
        return worker->errors().find("may create functions and operators in schema public") !=
               std::string::npos;
    });
    const auto total_of = [](int records) { return std::to_string(records) + "0.0"; };
    int sent = 1;
    eventually("a record of the statement waits", [&] {
        deployment.send(0, {record});
        ++sent;
        return deployment.tidewheel({"status", "totals", "--wait", "--timeout", "2"}).status == 5;
    });
    CHECK(stored() != total_of(sent));
    deployment.query("REVOKE CREATE ON SCHEMA public FROM " + mallory.name());
    eventually("all records are stored", [&] { return stored() == total_of(sent); });
}

TEST_CASE("what was resolved at apply is what runs, whatever is created later") {
    Deployment deployment;
    require_done(deployment.apply(deployment.text(prices)));
    deployment.query(
        "CREATE FUNCTION public.nothing(numeric, integer) RETURNS numeric IMMUTABLE LANGUAGE sql "
        "AS 'SELECT 0.0'");
    deployment.query(
        "CREATE OPERATOR public.* (leftarg = numeric, rightarg = integer, function = "
        "public.nothing)");
    deployment.send(0, {R"({"id": 1, "price": 2.5, "qty": 4, "tags": ["a", "b"]})"});
    run_services(deployment);
    CHECK(deployment.value("SELECT total FROM totals") == "10.0");
    CHECK(deployment.value("SELECT length || ' ' || total FROM per_length") == "2 10.0");
    deployment.must({"verify"});
    const auto again = deployment.apply(deployment.text(prices));
    require_done(again);
    CHECK_THAT(again.output + again.errors,
               ContainsSubstring("its names mean other objects now than when it was applied"));

    // A function that PostgreSQL would prefer to its own in the resolved text, too.
    deployment.query(
        "CREATE FUNCTION public.array_length(text[], integer) RETURNS integer IMMUTABLE LANGUAGE "
        "sql AS 'SELECT 77'");
    const auto views = deployment.start("tidewheel-aggregator");
    eventually("the aggregator says what has changed", [&] {
        const std::string log = views->errors();
        return log.find("per_length would not mean what it meant") != std::string::npos &&
               log.find("it would use function public.array_length(") != std::string::npos;
    });
    const auto verified = deployment.tidewheel({"verify", "per_length"});
    CHECK(verified.status == 1);
    CHECK_THAT(verified.output, ContainsSubstring("would not mean what it meant"));
}

TEST_CASE("a temporary table never stands in for a table of the statement") {
    Deployment deployment;
    require_done(deployment.apply(deployment.text(prices)));
    CHECK(deployment.value("SELECT string_agg(DISTINCT search_path, ';') FROM "
                           "tidewheel.statements") == "public, pg_temp");
}
