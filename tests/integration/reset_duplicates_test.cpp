// Whether reading records again stores rows twice depends on the table, not on ON CONFLICT alone.
#include "changes.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* receipts = R"(
CREATE FOREIGN TABLE receipts (n integer NOT NULL, receipt_id integer) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
)";

// `more` stands behind the INSERT's SELECT.
std::string pipeline_of(const std::string& table, const std::string& insert,
                        const std::string& more = "") {
    return std::string(receipts) + "CREATE TABLE stored (" + table + ");\nINSERT INTO stored " +
           insert.substr(0, insert.find("ON CONFLICT")) + more + " " +
           insert.substr(insert.find("ON CONFLICT")) + ";\n";
}

void run_worker(const Deployment& deployment) {
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
}

std::string rows(const Deployment& deployment) {
    return deployment.value("SELECT count(*) FROM stored");
}

// Five records are applied, none of which has a receipt_id.
void store_five(const Deployment& deployment) {
    deployment.send(0, {R"({"n": 0})", R"({"n": 1})", R"({"n": 2})", R"({"n": 3})", R"({"n": 4})"});
    run_worker(deployment);
    REQUIRE(rows(deployment) == "5");
}

struct Doubling {
    std::string table, insert, ddl, why;
};

const std::vector<Doubling> doublings{
    {"id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n integer",
     "(n) SELECT n FROM receipts ON CONFLICT DO NOTHING", "",
     "stored_pkey: the INSERT doesn't fill id"},
    {"id integer NOT NULL DEFAULT (random() * 1e9)::integer UNIQUE, n integer",
     "(n) SELECT n FROM receipts ON CONFLICT (id) DO NOTHING", "",
     "stored_id_key: the INSERT doesn't fill id"},
    {"receipt_id integer UNIQUE, n integer",
     "SELECT receipt_id, n FROM receipts ON CONFLICT DO NOTHING", "",
     "stored_receipt_id_key: receipt_id may be NULL"},
    {"receipt_id integer UNIQUE, n integer",
     "SELECT receipt_id, n FROM receipts ON CONFLICT (receipt_id) DO UPDATE SET n = excluded.n", "",
     "stored_receipt_id_key: receipt_id may be NULL"},
    {"n integer NOT NULL", "SELECT n FROM receipts ON CONFLICT DO NOTHING",
     "CREATE UNIQUE INDEX part ON stored (n) WHERE n > 100", "part: it holds only a part"},
    {"n integer NOT NULL", "SELECT n FROM receipts ON CONFLICT DO NOTHING",
     "CREATE UNIQUE INDEX formula ON stored ((n + random_of(n)))",
     "formula: it is over an expression"},
    {"n integer NOT NULL", "SELECT n FROM receipts ON CONFLICT DO NOTHING", "",
     "has no unique index"},
    {"n integer PRIMARY KEY, receipt_id integer UNIQUE",
     "SELECT n, receipt_id FROM receipts ON CONFLICT (receipt_id) DO NOTHING", "",
     "stored_receipt_id_key: receipt_id may be NULL"},
};

const std::vector<Doubling> sound{
    {"n integer PRIMARY KEY", "SELECT n FROM receipts ON CONFLICT DO NOTHING", "", ""},
    {"n integer PRIMARY KEY",
     "(n) SELECT n FROM receipts ON CONFLICT ON CONSTRAINT stored_pkey "
     "DO NOTHING",
     "", ""},
    {"a integer, n integer NOT NULL, UNIQUE (n) INCLUDE (a)",
     "(n) SELECT n FROM receipts ON CONFLICT (n) DO NOTHING", "", ""},
    {"n integer PRIMARY KEY, receipt_id integer UNIQUE",
     "SELECT n, receipt_id FROM receipts ON CONFLICT (n) DO UPDATE SET receipt_id = "
     "excluded.receipt_id",
     "", ""},
};

}  // namespace

TEST_CASE("reset backward is refused where no unique index keeps a second row out") {
    for (const Doubling& each : doublings) {
        INFO(each.table << " | " << each.insert << " | " << each.ddl);
        Deployment deployment;
        deployment.must({"init"});
        deployment.query(
            "CREATE FUNCTION random_of(integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN $1");
        require_applied(deployment, pipeline_of(each.table, each.insert));
        if (!each.ddl.empty()) deployment.query(each.ddl);
        store_five(deployment);
        const Finished refused =
            deployment.tidewheel({"reset", "stored", "--to", "earliest", "--yes"});
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring("would store the rows of 5 offsets") &&
                                       ContainsSubstring(each.why) &&
                                       ContainsSubstring("--allow-duplicates"));
        CHECK(deployment.value("SELECT next_offset FROM tidewheel.progress") == "5");
    }
}

TEST_CASE("reset backward reads again where a unique index keeps every second row out") {
    for (const Doubling& each : sound) {
        INFO(each.table << " | " << each.insert);
        Deployment deployment;
        require_applied(deployment, pipeline_of(each.table, each.insert));
        store_five(deployment);
        deployment.must({"reset", "stored", "--to", "earliest", "--yes"});
        run_worker(deployment);
        CHECK(rows(deployment) == "5");
        CHECK(deployment.value("SELECT next_offset FROM tidewheel.progress") == "5");
    }
}

TEST_CASE("apply --rebuild doesn't read again what would be stored twice, and says why") {
    const std::string table = "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n integer";
    const std::string insert = "(n) SELECT n FROM receipts ON CONFLICT DO NOTHING";
    Deployment deployment;
    require_applied(deployment, pipeline_of(table, insert));
    store_five(deployment);
    const Finished rebuilt =
        deployment.apply(pipeline_of(table, insert, " WHERE n < 100"), {"--rebuild"});
    INFO(rebuilt.output << rebuilt.errors);
    REQUIRE(rebuilt.status == 0);
    CHECK_THAT(rebuilt.output, ContainsSubstring("note: stored does not read its topic again") &&
                                   ContainsSubstring("the INSERT doesn't fill id"));
    run_worker(deployment);
    CHECK(rows(deployment) == "5");
}
