// Statistics of floats and bits that a view keeps as PostgreSQL's own partial states: what its own
// aggregates give over the same rows, floats but for the digits that the order of the rows changes.
#include "batched_views.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* columns =
    "g integer, n integer, keep boolean, i integer, s smallint, b bigint, x double precision, "
    "y double precision, r real, bits bit(7), flag boolean";

// Groups of up to six rows of one kind each. The kinds: numbers around zero of every size; prices;
// whole ones; the same in all rows; a straight line; now and then a NULL, a NaN or an infinity.
std::string make_rows(int seed) {
    return "SELECT setseed(0." + std::to_string(seed) + R"();
CREATE TABLE rows AS
SELECT g, n, random() < 0.7 AS keep, i, (i % 32768)::smallint AS s, i * 4000000007 AS b, x,
       CASE WHEN random() < 0.05 THEN NULL WHEN kind = 4 THEN 3 - 2 * x WHEN kind = 3 THEN 0.5
            ELSE x + (random() - 0.5) * power(10, size) END AS y,
       x::numeric::real AS r, i::bit(7) AS bits,
       CASE WHEN random() < 0.8 THEN random() < 0.8 END AS flag
FROM (SELECT g, n, i, kind, size,
             CASE kind
               WHEN 0 THEN (random() - 0.5) * power(10, size)
               WHEN 1 THEN round((random() * 1000)::numeric, 2)::double precision
               WHEN 2 THEN trunc((random() - 0.5) * power(10, size))
               WHEN 3 THEN g * 0.25
               WHEN 4 THEN n * 1.5
               ELSE ('{NULL,NaN,Infinity,-Infinity,1,2.5}'::double precision[])[1 + trunc(random() * 6)::int]
             END AS x
      FROM (SELECT g, trunc(random() * 6)::int AS kind, trunc(random() * 12)::int AS size,
                   1 + trunc(random() * 6)::int AS many
            FROM generate_series(1, 3000) g OFFSET 0) groups,
           LATERAL (SELECT n, ((random() - 0.5) * 4294967295)::integer AS i
                    FROM generate_series(1, many) n OFFSET 0) each OFFSET 0) rows
)";
}

void check_seeds(const std::string& select, const std::vector<std::string>& floats,
                 const std::string& common) {
    for (const int seed : {1, 2, 3}) {
        INFO("seed " << seed);
        Rows rows(make_rows(seed));
        BatchedView view(rows.transaction, columns, select);
        for_all_orders(view, seed,
                       [&] { CHECK(view.differences(floats) == std::vector<std::string>()); });
        CHECK(view.count(common) > 100);
    }
}

}  // namespace

TEST_CASE("statistics by seed: the spread of floats is PostgreSQL's") {
    check_seeds(
        "variance(x::double precision) AS a, var_samp(r::double precision) AS b, var_pop((x + "
        "y)::double precision) AS c, stddev(x::double precision) FILTER (WHERE keep) AS d, "
        "stddev_samp(x::double precision) / 2 AS e, stddev_pop(y::double precision) AS f, "
        "avg(x) AS h, count(x) AS rows FROM events GROUP BY g HAVING count(*) > 1",
        {"a", "b", "c", "d", "e", "f", "h"}, "a > 0 AND a < 'NaN'");
}

TEST_CASE("statistics by seed: what pairs have in common is PostgreSQL's") {
    check_seeds(
        "corr(y, x) AS a, covar_pop(y, x) AS b, covar_samp(x, y) AS c, regr_avgx(y, x) AS d, "
        "regr_avgy(y, x) AS e, regr_count(y, x) AS rows, regr_intercept(y, x) AS f, regr_r2(y, x) "
        "AS h, regr_slope(y, x) FILTER (WHERE keep) AS i, regr_sxx(y, x) AS j, regr_sxy(y, x) AS "
        "k, regr_syy(y, i) AS l FROM events GROUP BY g",
        {"a", "b", "c", "d", "e", "f", "h", "i", "j", "k", "l"}, "a IS NOT NULL AND rows > 2");
}

TEST_CASE("statistics by seed: bits and truths are PostgreSQL's") {
    check_seeds(
        "bit_and(i) AS a, bit_or(s) AS b, bit_xor(b) AS c, bit_xor(bits) FILTER (WHERE keep) AS d, "
        "bit_and(bits) AS e, bit_or(bits) AS f, bit_xor(s) AS h, every(flag) AS j, bool_or(flag) "
        "AS k, bool_and(flag) FILTER (WHERE keep) AS l FROM events GROUP BY g",
        {}, "d IS NOT NULL AND c <> 0 AND j");
}
