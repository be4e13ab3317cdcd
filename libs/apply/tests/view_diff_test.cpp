#include "view_diff.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using apply::diff_views;
using apply::ViewDiff;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE events (id int, kind text, price numeric, ts timestamptz) SERVER kafka "
    "OPTIONS (topic 'events', partitions '1', event_time 'ts');\n";

sql::ViewStatement view(const std::string& select) {
    const std::string text = stream + "CREATE MATERIALIZED VIEW v AS " + select;
    return std::get<sql::ViewStatement>(sql::parse_pipeline(text, "p.sql").statements.back().body);
}

const std::string base = "SELECT kind, sum(price) AS total FROM events GROUP BY kind";

ViewDiff to(const std::string& select) {
    return diff_views(view(base), view(select));
}

}  // namespace

TEST_CASE("what is made of the sums changes without touching the state") {
    CHECK(to(base) == ViewDiff::finish);
    CHECK(to("SELECT kind AS sort, sum(price) AS total FROM events GROUP BY kind") ==
          ViewDiff::finish);
    CHECK(to("SELECT kind, 2 * sum(price) AS total FROM events GROUP BY kind") == ViewDiff::finish);
    CHECK(to(base + " HAVING sum(price) > 10") == ViewDiff::finish);
}

TEST_CASE("other records count by another WHERE or FROM: the state stays, from now on") {
    CHECK(to("SELECT kind, sum(price) AS total FROM events WHERE id > 0 GROUP BY kind") ==
          ViewDiff::source);
    CHECK(to("SELECT kind, sum(price) AS total FROM events JOIN shops USING (id) GROUP BY kind") ==
          ViewDiff::source);
}

TEST_CASE("other keys or aggregates need another state") {
    CHECK(to("SELECT id, sum(price) AS total FROM events GROUP BY id") == ViewDiff::state);
    CHECK(to("SELECT kind, id, sum(price) AS total FROM events GROUP BY kind, id") ==
          ViewDiff::state);
    CHECK(to("SELECT kind, max(price) AS total FROM events GROUP BY kind") == ViewDiff::state);
    CHECK(to("SELECT kind, sum(price) AS total, count(*) FROM events GROUP BY kind") ==
          ViewDiff::state);
    CHECK(to("SELECT kind, sum(id) AS total FROM events GROUP BY kind") == ViewDiff::state);
    CHECK(to("SELECT kind, sum(price) FILTER (WHERE id > 0) AS total FROM events GROUP BY kind") ==
          ViewDiff::state);
}

TEST_CASE("a view of rows keeps its state as long as it keeps the same values") {
    const auto to_rows = [](const std::string& select) {
        return diff_views(view("SELECT id, price * 2 AS twice FROM events WHERE id > 0"),
                          view(select));
    };
    CHECK(to_rows("SELECT id AS n, price * 2 FROM events WHERE id > 0") == ViewDiff::finish);
    CHECK(to_rows("SELECT id, price * 2 AS twice FROM events") == ViewDiff::source);
    CHECK(to_rows("SELECT id, price * 2 AS twice FROM events WHERE id > 1") == ViewDiff::source);
    CHECK(to_rows("SELECT id, price * 3 AS twice FROM events WHERE id > 0") == ViewDiff::state);
    CHECK(to_rows("SELECT id FROM events WHERE id > 0") == ViewDiff::state);
    CHECK(to_rows("SELECT DISTINCT id FROM events") == ViewDiff::state);
    CHECK(to("SELECT kind, price FROM events") == ViewDiff::state);
}

TEST_CASE("another state outweighs other records") {
    CHECK(to("SELECT kind, max(price) AS total FROM events WHERE id > 0 GROUP BY kind") ==
          ViewDiff::state);
}
