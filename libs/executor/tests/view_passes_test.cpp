#include "tidewheel/executor/row_script.hpp"
#include "tidewheel/executor/view_rows.hpp"
#include "tidewheel/executor/view_script.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::executor;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* stream =
    "CREATE FOREIGN TABLE sales (at timestamptz, store integer, price numeric) SERVER kafka "
    "OPTIONS (topic 't');\n";

std::vector<catalogue::StoredStatement> views_of(const std::string& text) {
    std::vector<catalogue::StoredStatement> views;
    for (sql::Statement& statement : sql::parse_pipeline(stream + text, "test.sql").statements) {
        if (!std::holds_alternative<sql::ViewStatement>(statement.body)) continue;
        catalogue::StoredStatement view;
        view.id = static_cast<int>(views.size()) + 1;
        view.state_table = "tidewheel.state_" + statement.name;
        view.search_path = "public";
        view.statement = std::move(statement);
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<const catalogue::StoredStatement*> pointers(
    const std::vector<catalogue::StoredStatement>& views) {
    std::vector<const catalogue::StoredStatement*> all;
    for (const catalogue::StoredStatement& view : views)
        all.push_back(&view);
    return all;
}

// How many views each pass fills, in order.
std::vector<std::size_t> passes_of(const std::string& text) {
    const std::vector<catalogue::StoredStatement> views = views_of(text);
    std::vector<std::size_t> sizes;
    for (const auto& pass : share_passes(pointers(views)))
        sizes.push_back(pass.size());
    return sizes;
}

using Sizes = std::vector<std::size_t>;

constexpr const char* hourly =
    "CREATE MATERIALIZED VIEW hourly AS SELECT date_trunc('hour', at) AS hour, store, sum(price) "
    "AS total FROM sales WHERE price > 0 GROUP BY 1, 2;\n";
constexpr const char* daily =
    "CREATE MATERIALIZED VIEW daily AS SELECT date_trunc('day', at) AS day, count(*) AS n FROM "
    "sales WHERE price > 0 GROUP BY 1;\n";
constexpr const char* unfiltered =
    "CREATE MATERIALIZED VIEW everything AS SELECT count(*) AS n FROM sales;\n";

}  // namespace

TEST_CASE("views with the same FROM and WHERE share a pass, whatever they group by") {
    CHECK(passes_of(std::string(hourly) + daily) == Sizes{2});
}

TEST_CASE("a view with another WHERE has a pass of its own, and doesn't part the others") {
    CHECK(passes_of(std::string(hourly) + unfiltered + daily) == Sizes{2, 1});
}

TEST_CASE("a view of rows shares no pass: it is the INSERT that fills its state table") {
    const std::string rows =
        "CREATE MATERIALIZED VIEW dear AS SELECT store, price FROM sales WHERE price > 0;\n";
    CHECK(passes_of(hourly + rows) == Sizes{1});
    const catalogue::StoredStatement insert = as_insert(views_of(rows).front());
    InsertTarget target;
    target.columns = {{"v1", "integer"}, {"v2", "numeric"}};
    const RowScript script = row_script(insert, target);
    CHECK_THAT(std::get<DirectInsert>(script).insert,
               StartsWith("INSERT INTO tidewheel.state_dear (tidewheel_partition, "
                          "tidewheel_offset, \"v1\", \"v2\", tidewheel_row) SELECT "
                          "($1::integer[])[q.tidewheel_seq + 1], ($2::bigint[])[q.tidewheel_seq + "
                          "1], q.\"v1\", q.\"v2\", row_number() OVER (PARTITION BY "
                          "q.tidewheel_seq) FROM "));
    CHECK_THAT(rehearsal_of(script), ContainsSubstring("('{}'::bigint[])[q.tidewheel_seq + 1]"));
}

TEST_CASE("a pass reads the batch once, however many views it fills") {
    const std::vector<catalogue::StoredStatement> views = views_of(std::string(hourly) + daily);
    const std::string script = view_script(pointers(views));
    INFO(script);
    const auto occurrences = [&](const std::string& word) {
        std::size_t count = 0;
        for (auto at = script.find(word); at != std::string::npos; at = script.find(word, at + 1))
            ++count;
        return count;
    };
    CHECK(occurrences("price > ") == 1);
    CHECK_THAT(script, ContainsSubstring("GROUPING SETS"));
    CHECK(occurrences("state_hourly") >= 1);
    CHECK(occurrences("state_daily") >= 1);
}
