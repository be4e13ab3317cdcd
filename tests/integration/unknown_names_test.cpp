// Common mistakes in names, and their messages.
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::orders_stream;
using testing::TidewheelCli;

namespace {

std::string refusal_of(const TidewheelCli& cli, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "plan");
    const auto refused = cli.run(std::move(arguments));
    INFO(refused.output);
    CHECK(refused.status == 3);
    return refused.errors;
}

}  // namespace

TEST_CASE("a mistyped stream is reported with the nearest one, at its place") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string view =
        refusal_of(cli, {cli.file(orders_stream + "CREATE MATERIALIZED VIEW v AS\nSELECT shop, "
                                                  "count(*) FROM ordres GROUP BY shop;\n")});
    CHECK_THAT(view, ContainsSubstring("pipeline.sql:8:28: error: table or stream ordres does "
                                       "not exist") &&
                         ContainsSubstring("Did you mean orders?") &&
                         !ContainsSubstring("CREATE VIEW"));
    const std::string rows = refusal_of(
        cli, {cli.file(orders_stream + "CREATE TABLE t (id integer);\nINSERT INTO t SELECT id FROM "
                                       "orderz;\nINSERT INTO t SELECT id FROM \"Orders\";\n")});
    CHECK_THAT(rows, ContainsSubstring("table or stream orderz does not exist") &&
                         ContainsSubstring("table or stream Orders does not exist"));
}

TEST_CASE("a view over an ordinary table alone is told apart from one over nothing") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string view = "CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM plain;\n";
    CHECK_THAT(refusal_of(cli, {cli.file("CREATE TABLE plain (a integer);\n" + view)}),
               ContainsSubstring("reads no stream") && ContainsSubstring("write CREATE VIEW"));
    cli.query("CREATE TABLE plain (a integer)");
    CHECK_THAT(refusal_of(cli, {cli.file(view)}),
               ContainsSubstring("reads no stream") && ContainsSubstring("write CREATE VIEW"));
}

TEST_CASE("a stream that is declared later is reported with its place") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string view =
        "CREATE MATERIALIZED VIEW v AS SELECT shop, count(*) AS n FROM orders GROUP BY shop;\n";
    const std::string a = cli.file(view, "a.sql"), b = cli.file(orders_stream, "b.sql");
    CHECK_THAT(refusal_of(cli, {a, b}),
               ContainsSubstring("stream orders is declared at " + b + ":1, after this") &&
                   ContainsSubstring("Name the files in order: " + b + " " + a));
    CHECK(cli.run({"plan", b, a}).status == 0);
    CHECK_THAT(refusal_of(cli, {cli.file(view + orders_stream)}),
               ContainsSubstring("Put the declaration before the statement that reads it"));
}

TEST_CASE("what is wrong with a stream of an earlier file is reported once") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    std::string broken = orders_stream;
    broken.replace(broken.find("topic"), 5, "tpoic");
    const std::string told =
        refusal_of(cli, {cli.file(broken, "a.sql"),
                         cli.file("CREATE MATERIALIZED VIEW v AS SELECT shop, count(*) AS n FROM "
                                  "orders GROUP BY shop;\n",
                                  "b.sql")});
    CHECK_THAT(told, ContainsSubstring("tpoic") && !ContainsSubstring("b.sql"));
}

TEST_CASE("an unknown aggregate is unknown, and a plain function is no aggregate") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto told = [&](const std::string& call) {
        return refusal_of(cli, {cli.file(orders_stream +
                                         "CREATE MATERIALIZED VIEW v AS SELECT "
                                         "shop, " +
                                         call + " AS x FROM orders GROUP BY shop;\n")});
    };
    CHECK_THAT(told("summ(price)"), ContainsSubstring("function summ() does not exist") &&
                                        ContainsSubstring("Did you mean sum?"));
    CHECK_THAT(told("foo(DISTINCT price)"),
               ContainsSubstring("function foo(numeric) does not exist"));
    CHECK_THAT(told("abs(price)"), ContainsSubstring("column price must appear in GROUP BY"));
}

TEST_CASE("a name that is taken is reported with what to do") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string view =
        "CREATE MATERIALIZED VIEW v AS SELECT shop, count(*) AS n FROM orders GROUP BY shop;\n";
    CHECK_THAT(refusal_of(cli, {cli.file(orders_stream + view + view)}),
               ContainsSubstring("give it another name"));
    CHECK_THAT(refusal_of(cli, {cli.file(orders_stream + view, "a.sql"), cli.file(view, "b.sql")}),
               ContainsSubstring("give it another name"));
    REQUIRE(cli.run({"apply", cli.file(orders_stream + view)}).status == 0);
    CHECK_THAT(refusal_of(cli, {cli.file("-- name: other\n" + view, "c.sql")}),
               ContainsSubstring("tidewheel drop v"));
    cli.query("CREATE TABLE taken (a integer)");
    std::string other = view;
    other.replace(other.find(" v "), 3, " taken ");
    CHECK_THAT(refusal_of(cli, {cli.file(other, "d.sql")}), ContainsSubstring("DROP it"));
}

TEST_CASE("what psql makes lands beside the catalogue, and what landed in it is named") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    CHECK_THAT(cli.run({"init"}).output,
               ContainsSubstring("search path of role tidewheel: already set"));
    cli.query("CREATE TABLE shops (shop text PRIMARY KEY)");
    CHECK(cli.value("SELECT relnamespace::regnamespace FROM pg_class WHERE relname = 'shops'") ==
          "public");
    const std::string view = orders_stream +
                             "CREATE MATERIALIZED VIEW v AS SELECT o.shop, count(*) AS n FROM "
                             "orders o JOIN shops USING (shop) GROUP BY o.shop;\n";
    CHECK(cli.run({"plan", cli.file(view)}).status == 0);
    cli.query("ALTER TABLE shops SET SCHEMA tidewheel");
    CHECK_THAT(refusal_of(cli, {cli.file(view)}),
               ContainsSubstring("relation \"shops\" does not exist") &&
                   ContainsSubstring("ALTER TABLE tidewheel.shops SET SCHEMA public"));
    cli.query("CREATE TYPE tidewheel.colour AS ENUM ('red')");
    CHECK_THAT(refusal_of(cli, {cli.file("CREATE TABLE t (c colour);\n")}),
               ContainsSubstring("ALTER TYPE tidewheel.colour SET SCHEMA public"));
}
