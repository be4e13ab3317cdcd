#pragma once
#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/catalogue/state_table.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/executor/kept_script.hpp"
#include "tidewheel/executor/row_script.hpp"
#include "tidewheel/executor/view_rows.hpp"
#include "tidewheel/executor/view_script.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {

// A view's state, filled from the table `rows` by the very statement that the aggregator runs over
// a batch.
class BatchedView {
  public:
    // `columns`: of the stream and of `rows`. `select`: what follows SELECT g, …
    BatchedView(postgres::Transaction& transaction, const std::string& columns,
                const std::string& select)
        : transaction_(transaction) {
        sql::Pipeline pipeline =
            sql::parse_pipeline("CREATE FOREIGN TABLE events (" + columns +
                                    ") SERVER kafka OPTIONS (topic 'events', partitions '1');\n"
                                    "CREATE MATERIALIZED VIEW spread AS SELECT g, " +
                                    select,
                                "p.sql");
        stored_.statement = pipeline.statements.back();
        stored_.state_table = "public.state";
        stored_.search_path = "public";
        transaction_.run(
            "CREATE TEMP TABLE events (LIKE rows); CREATE TEMP VIEW tidewheel_records AS SELECT *, "
            "n AS tidewheel_seq, now() AS tidewheel_timestamp FROM pg_temp.events");
        for (const std::string& ddl : catalogue::state_ddl(body(), stored_.state_table))
            transaction_.run(ddl);
    }

    // `batch_of_row`: SQL that numbers the batch of a row.
    void fill(const std::string& batch_of_row, std::vector<int> batches) {
        transaction_.run("TRUNCATE state");
        for (const int batch : batches) {
            transaction_.run("TRUNCATE events; INSERT INTO events SELECT * FROM rows WHERE " +
                             batch_of_row + " = " + std::to_string(batch));
            // The n-th row of a group is at offset n.
            const std::vector<postgres::Parameter> places{"{0,0,0,0,0,0,0}", "{0,1,2,3,4,5,6}"};
            if (executor::is_of_rows(stored_)) {
                transaction_.query(script_of_rows(), places);
                continue;
            }
            transaction_.query(executor::view_script({&stored_}));
            if (const std::string kept = executor::kept_script(stored_); !kept.empty())
                transaction_.query(kept, places);
        }
        transaction_.run("TRUNCATE events; INSERT INTO events SELECT * FROM rows");
    }

    // Groups, as text, in which what the view shows isn't what the SELECT itself gives. `floats`:
    // the columns whose last digits may differ.
    std::vector<std::string> differences(const std::vector<std::string>& floats = {}) {
        const std::string sides =
            "SELECT coalesce(v::text, '-') || ' and not ' || coalesce(o::text, '-') FROM (" +
            body().finish("state") + ") v FULL JOIN (" +
            (body().in_order.empty() ? stored_.statement.select : body().in_order) +
            ") o USING (g) WHERE ";
        std::vector<std::string> exact{"v::text IS DISTINCT FROM o::text"};
        if (!floats.empty())
            exact = {"to_jsonb(v) - $1::text[] IS DISTINCT FROM to_jsonb(o) - $1::text[]",
                     "EXISTS (SELECT FROM unnest($1::text[]) f, LATERAL (SELECT (to_jsonb(v) ->> "
                     "f)::float8 AS a, (to_jsonb(o) ->> f)::float8 AS b) each WHERE NOT coalesce(a "
                     "= b OR (greatest(abs(a), abs(b)) < 'Infinity' AND abs(a - b) <= 1e-9 * "
                     "greatest(abs(a), abs(b))), a IS NULL AND b IS NULL))"};
        std::vector<postgres::Parameter> parameters;
        if (!floats.empty()) parameters.push_back(postgres::text_array(floats));
        std::vector<std::string> rows;
        for (const auto& row :
             transaction_.query(sides + joined(exact, " OR ") + " ORDER BY 1 LIMIT 20", parameters))
            rows.push_back(row.text(0));
        return rows;
    }

    // Of a view of rows: how many rows the view or the SELECT has and the other one has not.
    long different_rows() {
        const std::string view = "SELECT v::text FROM (" + body().finish("state") + ") v";
        const std::string own = "SELECT o::text FROM (" + stored_.statement.select + ") o";
        return transaction_
            .query("SELECT count(*) FROM ((" + view + " EXCEPT ALL " + own + ") UNION ALL (" + own +
                   " EXCEPT ALL " + view + ")) d")
            .at(0)
            .integer(0);
    }

    long count(const std::string& condition) {
        return transaction_
            .query("SELECT count(*) FROM (" + body().finish("state") + ") v WHERE " + condition)
            .at(0)
            .integer(0);
    }

    // For the next one in the same transaction.
    void drop() { transaction_.run("DROP TABLE pg_temp.events CASCADE; DROP TABLE state"); }
    const std::string& select() const { return stored_.statement.select; }

  private:
    std::string script_of_rows() {
        const catalogue::StoredStatement insert = executor::as_insert(stored_);
        return std::get<executor::DirectInsert>(
                   executor::row_script(
                       insert, executor::resolve_target(transaction_, std::get<sql::RowStatement>(
                                                                          insert.statement.body))))
            .insert;
    }

    const sql::ViewStatement& body() const {
        return std::get<sql::ViewStatement>(stored_.statement.body);
    }

    postgres::Transaction& transaction_;
    catalogue::StoredStatement stored_;
};

// `rows` as one batch, in order, and in thirteen batches, shuffled by `seed`. check: of the state
// that these leave.
template <class Check>
void for_all_orders(BatchedView& view, unsigned seed, Check check) {
    view.fill("1", {1});
    check();
    view.fill("n", {1, 2, 3, 4, 5, 6});
    check();
    std::vector<int> batches(13);
    std::iota(batches.begin(), batches.end(), 0);
    std::shuffle(batches.begin(), batches.end(), std::mt19937(seed));
    view.fill("(g * 7 + n * 5) % 13", batches);
    check();
}

// A database with the catalogue's functions and the table `rows`.
struct Rows {
    TemporaryDatabase database;
    postgres::Connection connection{database.url()};
    postgres::Transaction transaction{connection};
    explicit Rows(const std::string& make_rows) {
        catalogue::migrate(transaction);
        transaction.run(make_rows);
    }
};

}  // namespace tidewheel::testing
