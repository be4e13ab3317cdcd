// Views are computed: they can't be changed by mistake.
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::orders_stream;
using testing::TidewheelCli;

namespace {

void require_read_only(const TidewheelCli& cli, const std::string& view,
                       const std::string& column) {
    INFO(view);
    CHECK(cli.value("SELECT pg_relation_is_updatable('" + view + "'::regclass, true)") == "0");
    for (const std::string& sql :
         {"INSERT INTO " + view + " (" + column + ") VALUES (NULL)",
          "UPDATE " + view + " SET " + column + " = NULL", "DELETE FROM " + view})
        CHECK_THROWS_WITH(cli.query(sql), ContainsSubstring("view"));
}

}  // namespace

TEST_CASE(
    "a view of any kind refuses INSERT, UPDATE and DELETE, also when it was changed or rebuilt") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string views =
        "CREATE MATERIALIZED VIEW plain AS SELECT shop, count(*) AS n FROM orders GROUP BY shop;\n"
        "CREATE MATERIALIZED VIEW keys AS SELECT shop FROM orders GROUP BY shop;\n"
        "CREATE MATERIALIZED VIEW one AS SELECT count(*) AS n FROM orders;\n"
        "CREATE MATERIALIZED VIEW means (place, mean) AS SELECT shop, avg(price) FROM orders GROUP "
        "BY shop;\n"
        "CREATE MATERIALIZED VIEW many AS SELECT shop, sum(price) AS n FROM orders GROUP BY shop "
        "HAVING count(*) > 1;\n";
    REQUIRE(cli.run({"apply", cli.file(orders_stream + views)}).status == 0);
    const auto check_all = [&] {
        require_read_only(cli, "plain", "n");
        require_read_only(cli, "keys", "shop");
        require_read_only(cli, "one", "n");
        require_read_only(cli, "means", "place");
        require_read_only(cli, "many", "n");
    };
    check_all();
    std::string changed = views;
    changed.replace(changed.find("count(*) > 1"), 12, "count(*) > 2");
    REQUIRE(cli.run({"apply", cli.file(orders_stream + changed)}).status == 0);
    REQUIRE(cli.run({"rebuild", "plain"}).status == 0);
    check_all();
}

TEST_CASE(
    "a view of an older catalogue refuses them after the migration, and keeps what it carries") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_stream +
                                       "CREATE MATERIALIZED VIEW plain AS SELECT shop, count(*) AS "
                                       "n FROM orders GROUP BY shop;\n")})
                .status == 0);
    // As version 11 made it.
    cli.query(
        "CREATE OR REPLACE VIEW plain WITH (security_barrier = true) AS SELECT k1 AS shop, "
        "a1 AS n FROM tidewheel.state_plain");
    cli.query("COMMENT ON VIEW plain IS 'shops'");
    cli.query("GRANT SELECT ON plain TO PUBLIC");
    REQUIRE(cli.value("SELECT pg_relation_is_updatable('plain'::regclass, true)") != "0");
    cli.query("DELETE FROM tidewheel.migrations WHERE version >= 12");
    cli.query("ALTER TABLE tidewheel.objects DROP COLUMN statement_id");
    cli.query("DROP FUNCTION tidewheel.root, tidewheel.variance, tidewheel.require_room");
    cli.query(
        "DROP ROUTINE tidewheel.moments, tidewheel.pair_moments, tidewheel.all_moments, "
        "tidewheel.all_pair_moments, tidewheel.total(bigint), tidewheel.total(numeric), "
        "tidewheel.total(real), tidewheel.total(double precision), tidewheel.total(interval), "
        "tidewheel.total(money)");
    cli.query("ALTER TABLE tidewheel.progress DROP COLUMN latency_p50, DROP COLUMN latency_p99");
    cli.query(
        "ALTER TABLE tidewheel.streams DROP COLUMN group_number, DROP COLUMN intake_paused_at");
    cli.query("ALTER TABLE tidewheel.catalogue DROP COLUMN share, DROP COLUMN shares");
    cli.query(
        "DROP TABLE tidewheel.verifications, tidewheel.sources, tidewheel.sinks, "
        "tidewheel.deliveries, "
        "tidewheel.delivery_positions, tidewheel.undelivered");
    cli.query(
        "DROP FUNCTION tidewheel.lock_outbox_lane, tidewheel.lane_stream, "
        "tidewheel.lane_partition");
    cli.query(
        "ALTER TABLE tidewheel.dead_letters ADD UNIQUE NULLS NOT DISTINCT (topic, partition, "
        "\"offset\", statement_id, record_hash)");
    CHECK(cli.run({"apply", cli.file("-- nothing\n", "empty.sql")}).status == 4);
    REQUIRE(cli.run({"init"}).status == 0);
    require_read_only(cli, "plain", "n");
    CHECK(cli.value("SELECT obj_description('plain'::regclass)") == "shops");
    CHECK(cli.value("SELECT reloptions FROM pg_class WHERE relname = 'plain'") ==
          "{security_barrier=true}");
    CHECK(cli.value("SELECT has_table_privilege('public', 'plain', 'SELECT')") == "t");
}
