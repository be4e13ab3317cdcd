#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::orders_stream;
using testing::TidewheelCli;

namespace {

const std::string tagged_stream =
    "CREATE FOREIGN TABLE orders (id integer, shop text, price numeric, tags text[]) SERVER kafka "
    "OPTIONS (topic '{topic}', partitions '1');\n";

void require_applied(TidewheelCli& cli, const std::string& text) {
    const auto applied = cli.run({"apply", cli.file(text)});
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

void require_refused(TidewheelCli& cli, const std::string& text, const std::string& what) {
    const auto applied = cli.run({"apply", cli.file(text)});
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 3);
    CHECK_THAT(applied.errors, ContainsSubstring(what));
    CHECK(cli.value("SELECT to_regclass('orders')") == "NULL");
}

}  // namespace

TEST_CASE("apply refuses a set-returning function in a view's SELECT list, and takes it in FROM") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    require_refused(cli,
                    tagged_stream +
                        "CREATE MATERIALIZED VIEW by_tag AS SELECT unnest(tags) AS tag, "
                        "count(*) FROM orders GROUP BY 1;\n",
                    "a set-returning function is not supported in the SELECT list");
    require_applied(cli, tagged_stream +
                             "CREATE MATERIALIZED VIEW by_tag AS SELECT u.tag, count(*) FROM "
                             "orders, LATERAL unnest(tags) AS u (tag) GROUP BY 1;\n"
                             "CREATE TABLE tags (id integer, tag text);\n"
                             "INSERT INTO tags SELECT id, unnest(tags) FROM orders;\n");
}

TEST_CASE("apply refuses an aggregate of the user's own over a stream's rows, wherever it stands") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    cli.query("CREATE AGGREGATE public.most(numeric) (sfunc = numeric_larger, stype = numeric)");
    const std::string table = "CREATE TABLE t (a numeric);\n";
    const std::string what = "an aggregate over the rows of stream";
    require_refused(cli, tagged_stream + table + "INSERT INTO t SELECT most(price) FROM orders;\n",
                    what);
    require_refused(
        cli, tagged_stream + table + "INSERT INTO t SELECT (SELECT most(price)) FROM orders;\n",
        what);
    require_applied(cli, tagged_stream + table +
                             "INSERT INTO t SELECT (SELECT most(length(u)) FROM unnest(tags) u) "
                             "FROM orders;\n");
}

TEST_CASE("apply refuses a CHECK whose answer depends on the session or the day") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto stream = [](const std::string& check) {
        return "CREATE FOREIGN TABLE orders (at timestamptz, CHECK (" + check +
               ")) SERVER kafka OPTIONS (topic '{topic}', partitions '1');\n";
    };
    cli.query(
        "CREATE FUNCTION public.is_past(timestamptz) RETURNS boolean STABLE LANGUAGE sql AS "
        "'SELECT $1 < now()'");
    require_refused(cli, stream("is_past(at)"), "is_past(), which is not immutable");
    require_refused(cli, stream("at::text <> current_user"), "in a CHECK of a stream");
    require_applied(cli, stream("at > '2020-01-01 00:00:00+00'"));
}

TEST_CASE("Views that name one column differently are applied, and share their keys") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    require_applied(cli, orders_stream +
                             "CREATE MATERIALIZED VIEW a AS SELECT shop, count(*) FROM orders s "
                             "GROUP BY shop;\n"
                             "CREATE MATERIALIZED VIEW b AS SELECT s.shop, s.id, sum(s.price) FROM "
                             "orders s GROUP BY s.shop, s.id;\n"
                             "CREATE MATERIALIZED VIEW c AS SELECT 'all' || '{state}' AS what, "
                             "count(*) FROM orders s;\n");
}

TEST_CASE("apply refuses a statement that reads its own target or a sibling's, be it by a view") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string tables =
        "CREATE TABLE t (id integer, n bigint);\nCREATE TABLE u (id integer);\n"
        "CREATE VIEW ts AS SELECT id FROM t;\n";
    require_refused(cli,
                    orders_stream + tables +
                        "INSERT INTO t (id) SELECT o.id FROM orders o JOIN ts USING (id);\n",
                    "t reads the table that it fills");
    require_refused(cli,
                    orders_stream + tables +
                        "INSERT INTO u SELECT o.id FROM orders o JOIN ts USING (id);\n"
                        "INSERT INTO t SELECT id FROM orders;\n",
                    "u reads what t fills from the same stream");
    require_refused(
        cli,
        orders_stream + tables +
            "CREATE MATERIALIZED VIEW by_shop AS SELECT shop, count(*) AS n FROM orders "
            "GROUP BY shop;\n"
            "INSERT INTO t SELECT o.id, b.n FROM orders o JOIN by_shop b USING (shop);\n",
        "t reads what by_shop fills from the same stream");
    require_applied(cli, orders_stream + tables + "INSERT INTO t SELECT id FROM orders;\n" +
                             "INSERT INTO u SELECT id FROM orders;\n");
}
