#include "tidewheel/sql/view_index.hpp"

#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string view_text =
    "CREATE MATERIALIZED VIEW v AS SELECT kind, sum(price) AS total, avg(qty) AS mean, count(*) + "
    "1 AS n FROM events GROUP BY kind";

std::string on_state(const std::string& index, const std::string& view = view_text) {
    try {
        return index_on_state(index, last_as<ViewStatement>(view), "tidewheel.state_v", "i");
    } catch (const PipelineError& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("an index on a view's columns is one on what they are made of in the state") {
    CHECK(on_state("CREATE INDEX x ON v (total DESC, kind)") ==
          "CREATE INDEX i ON tidewheel.state_v USING btree ((a1) DESC, (k1) )");
    const std::string mean = on_state("CREATE INDEX ON public.v USING hash (mean) WHERE v.n > 3");
    CHECK_THAT(mean, ContainsSubstring("USING hash ((tidewheel.average(a2, a3)) )") &&
                         ContainsSubstring("WHERE (a4 + 1) > 3"));
    CHECK_THAT(on_state("CREATE INDEX ON v (stddev)",
                        "CREATE MATERIALIZED VIEW v AS SELECT kind, stddev(qty) FROM events GROUP "
                        "BY kind"),
               ContainsSubstring("((tidewheel.root(tidewheel.variance(a1, a2, a3, a1 - 1)))"));
    CHECK_THAT(on_state("CREATE INDEX x ON v (lower(kind) text_pattern_ops, (total::text)) INCLUDE "
                        "(total)"),
               ContainsSubstring("((lower(k1)) text_pattern_ops") &&
                   ContainsSubstring("(a1::text)") && ContainsSubstring("INCLUDE (a1)"));
}

TEST_CASE("an index on a view of rows is one on the values that it keeps") {
    const std::string rows =
        "CREATE MATERIALIZED VIEW v AS SELECT id, price * qty AS total, ts FROM events";
    CHECK_THAT(on_state("CREATE INDEX ON v (total) INCLUDE (id) WHERE v.total > 3", rows),
               ContainsSubstring("USING btree ((v2) ) INCLUDE (v1) WHERE v2 > 3"));
    CHECK_THAT(on_state("CREATE UNIQUE INDEX ON v (id)", rows),
               ContainsSubstring("UNIQUE") && ContainsSubstring("an INSERT with ON CONFLICT"));
}

TEST_CASE("what a state can't have is refused by name") {
    CHECK_THAT(on_state("CREATE UNIQUE INDEX x ON v (kind)"), ContainsSubstring("UNIQUE"));
    CHECK_THAT(on_state("CREATE INDEX x ON v (totl)"),
               ContainsSubstring("no column totl") && ContainsSubstring("Did you mean total?"));
    CHECK_THAT(on_state("CREATE INDEX x ON v (kind) INCLUDE (n)"), ContainsSubstring("INCLUDE"));
    CHECK_THAT(on_state("CREATE INDEX x ON v (n)",
                        "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM events"),
               ContainsSubstring("has one row"));
}

TEST_CASE("the relations that a text declares are found, those with mistakes in them, too") {
    const auto declared = relations_declared_in(
        "CREATE TABLE t (a int);\nCREATE FOREIGN TABLE s.x (a int,) SERVER kafka;\nSELECT 1;\n"
        "CREATE MATERIALIZED VIEW v AS SELECT 1;",
        "f.sql");
    REQUIRE(declared.size() == 3);
    CHECK((declared[0].name.text() == "t" && !declared[0].is_stream));
    CHECK((declared[1].name.text() == "s.x" && declared[1].is_stream));
    CHECK(declared[1].position.line == 2);
    CHECK(declared[2].name.text() == "v");
}
