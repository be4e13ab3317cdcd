// What a view keeps of each aggregate, and what it makes of that.
#include <algorithm>

#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct State {
    std::string expression;
    Merge merge;
    bool operator==(const State&) const = default;
};
using States = std::vector<State>;

States states_of(const ViewStatement& view) {
    States states;
    for (const Partial& partial : view.partials)
        states.push_back({partial.expression, partial.merge});
    return states;
}

struct Kept {
    std::string name;
    States states;
    std::string finish;
    std::string arguments = "qty";
};

Kept pair(const std::string& name) {
    return {name,
            {{"tidewheel.pair_moments(price, qty)", Merge::pair_moments}},
            "pg_catalog.float8_" + name + "(a1)",
            "price, qty"};
}

const States sum_and_count{{"sum(qty)", Merge::add}, {"count(qty)", Merge::add}};
const States sums{
    {"count(qty)", Merge::add}, {"sum(qty)", Merge::add}, {"sum(qty::numeric * qty)", Merge::add}};
const std::string of_sample = "tidewheel.variance(a1, a2, a3, a1 - 1)";
const std::string of_population = "tidewheel.variance(a1, a2, a3, a1)";

const std::vector<Kept> all_kept{
    {"count", {{"count(qty)", Merge::add}}, "a1"},
    {"sum", {{"sum(qty)", Merge::add}}, "a1"},
    {"avg", sum_and_count, "tidewheel.average(a1, a2)"},
    {"min", {{"min(qty)", Merge::least}}, "a1"},
    {"max", {{"max(qty)", Merge::greatest}}, "a1"},
    {"bool_and", {{"bool_and(qty)", Merge::logical_and}}, "a1"},
    {"bool_or", {{"bool_or(qty)", Merge::logical_or}}, "a1"},
    {"every", {{"every(qty)", Merge::logical_and}}, "a1"},
    {"bit_and", {{"bit_and(qty)", Merge::bits_and}}, "a1"},
    {"bit_or", {{"bit_or(qty)", Merge::bits_or}}, "a1"},
    {"bit_xor", {{"bit_xor(qty)", Merge::bits_xor}}, "a1"},
    {"variance", sums, of_sample},
    {"var_samp", sums, of_sample},
    {"var_pop", sums, of_population},
    {"stddev", sums, "tidewheel.root(" + of_sample + ")"},
    {"stddev_samp", sums, "tidewheel.root(" + of_sample + ")"},
    {"stddev_pop", sums, "tidewheel.root(" + of_population + ")"},
    pair("corr"),
    pair("covar_pop"),
    pair("covar_samp"),
    pair("regr_avgx"),
    pair("regr_avgy"),
    {"regr_count", {{"regr_count(price, qty)", Merge::add}}, "a1", "price, qty"},
    pair("regr_intercept"),
    pair("regr_r2"),
    pair("regr_slope"),
    pair("regr_sxx"),
    pair("regr_sxy"),
    pair("regr_syy"),
};

}  // namespace

TEST_CASE("Each aggregate is kept as its partial states, merged and finished in its way") {
    std::vector<std::string> names;
    for (const Kept& kept : all_kept) {
        INFO(kept.name);
        names.push_back(kept.name);
        const auto view = view_of("SELECT kind, " + kept.name + "(" + kept.arguments +
                                  ") AS x FROM events GROUP BY kind");
        CHECK(states_of(view) == kept.states);
        CHECK(view.finish("{state}") == "SELECT k1 AS kind, " + kept.finish + " AS x FROM {state}");
    }
    CHECK(kept_aggregates() == names);
}

TEST_CASE("A FILTER is that of every partial state") {
    CHECK(states_of(view_of("SELECT stddev(qty) FILTER (WHERE price > 1) FROM events")) ==
          States{{"count(qty) FILTER (WHERE price > 1)", Merge::add},
                 {"sum(qty) FILTER (WHERE price > 1)", Merge::add},
                 {"sum(qty::numeric * qty) FILTER (WHERE price > 1)", Merge::add}});
}

TEST_CASE("Aggregates of one value share their partial states") {
    const auto view = view_of(
        "SELECT avg(e.qty), count(qty), variance(qty), sum(qty), stddev_pop(e.qty), var_pop(price) "
        "FROM events e HAVING stddev(qty) > 2");
    CHECK(states_of(view) == States{{"sum(qty)", Merge::add},
                                    {"count(qty)", Merge::add},
                                    {"sum(qty::numeric * qty)", Merge::add},
                                    {"count(price)", Merge::add},
                                    {"sum(price)", Merge::add},
                                    {"sum(price::numeric * price)", Merge::add}});
    CHECK_THAT(
        view.finish("{state}"),
        ContainsSubstring("tidewheel.average(a1, a2) AS avg, COALESCE(a2, 0) AS count") &&
            ContainsSubstring("tidewheel.variance(a2, a1, a3, a2 - 1) AS variance") &&
            ContainsSubstring("tidewheel.root(tidewheel.variance(a2, a1, a3, a2)) AS stddev_pop") &&
            ContainsSubstring("tidewheel.variance(a4, a5, a6, a4) AS var_pop") &&
            ContainsSubstring("WHERE tidewheel.root(tidewheel.variance(a2, a1, a3, a2 - 1)) > 2"));
}

TEST_CASE("An argument that is an expression is squared as a whole") {
    const auto squares = [](const std::string& argument) {
        return view_of("SELECT variance(" + argument + ") FROM events").partials.at(2).expression;
    };
    CHECK(squares("qty - store_id") == "sum(CAST(qty - store_id AS numeric) * (qty - store_id))");
    CHECK(squares("-qty") == "sum(CAST(- qty AS numeric) * (- qty))");
    CHECK(squares("qty::bigint") == "sum(qty::bigint::numeric * qty::bigint)");
}

TEST_CASE("Values are kept where DISTINCT counts each once, and where it makes a difference") {
    for (const Kept& kept : all_kept) {
        INFO(kept.name);
        const auto view =
            view_of("SELECT " + kept.name + "(DISTINCT " + kept.arguments + ") FROM events");
        CHECK(view.kept.size() == (form_of(kept.states[0].merge).counts_repeats ? 1U : 0U));
    }
}

TEST_CASE("A view says how many values a group may keep") {
    const auto most = [](const std::string& options) {
        return last_as<ViewStatement>("CREATE MATERIALIZED VIEW v" + options +
                                      " AS SELECT array_agg(qty) FROM events")
            .most_kept;
    };
    CHECK(most("") == 10'000);
    CHECK(most(" WITH (values_per_group = 3)") == 3);
    for (const std::string wrong : {"0", "-1", "'3'", "1.5", "99999999999"})
        CHECK_THAT(error_of("CREATE MATERIALIZED VIEW v WITH (values_per_group = " + wrong +
                            ") AS SELECT array_agg(qty) FROM events"),
                   ContainsSubstring("values_per_group must be a number from 1"));
    const std::string blank =
        without_options("CREATE MATERIALIZED VIEW v WITH (a = 1) AS SELECT 1");
    CHECK(blank == "CREATE MATERIALIZED VIEW v              AS SELECT 1");
}

TEST_CASE("Aggregates of the same values share what is kept, each value once or each row") {
    const auto view = view_of(
        "SELECT count(DISTINCT qty), sum(DISTINCT e.qty), mode() WITHIN GROUP (ORDER BY qty), "
        "array_agg(qty), count(DISTINCT qty) FILTER (WHERE kind = 'a'), string_agg(kind, ',' "
        "ORDER BY qty DESC) FROM events e GROUP BY store_id");
    std::vector<std::string> kept;
    for (const KeptValues& each : view.kept) {
        kept.push_back(each.aggregate + (each.by_record.empty() ? " once" : " by record"));
        for (const Key& value : each.values)
            kept.back() += " " + value.column + "=" + value.expression;
        if (!each.filter.empty()) kept.back() += " if " + each.filter;
    }
    CHECK(kept == std::vector<std::string>{"count() once v1=qty", "array_agg() by record v2=qty",
                                           "count() once v3=qty if kind = 'a'",
                                           "string_agg() by record v4=kind v5=qty"});
    CHECK_THAT(view.finish("tidewheel.s"),
               ContainsSubstring("string_agg(tidewheel_kept.v4, ',' ORDER BY tidewheel_kept.v5 "
                                 "DESC, tidewheel_kept.kept_partition, tidewheel_kept.kept_offset, "
                                 "tidewheel_kept.kept_row)") &&
                   ContainsSubstring("FROM tidewheel.s tidewheel_kept"));
}

TEST_CASE("A column of a joined table is not taken for the stream's of that name") {
    const std::string from = " FROM events e JOIN products p ON p.id = e.store_id";
    CHECK(states_of(view_of("SELECT avg(p.weight), avg(e.weight)" + from)) ==
          States{{"sum(p.weight)", Merge::add},
                 {"count(p.weight)", Merge::add},
                 {"sum(e.weight::double precision)", Merge::add},
                 {"count(e.weight)", Merge::add}});
}

TEST_CASE("Of a cast to double precision, a variance is kept as PostgreSQL's own state") {
    const auto view = view_of(
        "SELECT variance(weight::double precision), stddev_pop(CAST(weight AS double precision)) "
        "FILTER (WHERE qty > 1) AS d, var_samp(e.weight::double precision) AS s FROM events e");
    CHECK(states_of(view) ==
          States{{"tidewheel.moments(weight::double precision)", Merge::moments},
                 {"tidewheel.moments(weight::double precision) FILTER (WHERE qty > 1)",
                  Merge::moments}});
    CHECK_THAT(view.finish("{state}"),
               ContainsSubstring("SELECT pg_catalog.float8_var_samp(a1) AS variance, "
                                 "pg_catalog.float8_stddev_pop(a2) AS d, "
                                 "pg_catalog.float8_var_samp(a1) AS s FROM"));
}

TEST_CASE("PostgreSQL is asked whether an avg or a variance is in double precision") {
    const Stream stream = std::get<Stream>(parse("").statements.at(0).body);
    const auto asked = [&](const std::string& select) {
        return float_questions("CREATE MATERIALIZED VIEW v AS " + select, stream);
    };
    const auto query = [&](const std::string& select) { return asked(select).query; };
    const std::string spread =
        "SELECT stddev(e.weight), var_pop(e.qty), variance(e.weight::double precision) FROM events "
        "e";
    CHECK(query(spread) == "SELECT variance(e.weight) AS x1, variance(e.qty) AS x2 FROM events e");
    CHECK(asked(spread).types == std::vector<std::string>{"double precision", "double precision"});
    CHECK(with_float_casts("CREATE MATERIALIZED VIEW v AS " + spread, stream, {true, false}) ==
          "CREATE MATERIALIZED VIEW v AS SELECT stddev(e.weight::double precision), "
          "var_pop(e.qty), variance(e.weight::double precision) FROM events e");
    CHECK(asked("SELECT avg(e.weight + 1) FROM events e").types ==
          std::vector<std::string>{"real"});
    const std::string select =
        "SELECT avg(e.weight), avg(- e.weight) / avg(p.weight) AS x, sum(- e.weight) FROM events e "
        "JOIN products p ON p.id = e.id HAVING avg(e.qty + 1) FILTER (WHERE e.qty > 2) > 3";
    CHECK(query(select) ==
          "SELECT sum(- e.weight) AS x1, sum(p.weight) AS x2, sum(e.qty + 1) AS x3 FROM "
          "events e JOIN products p ON p.id = e.id");
    CHECK(
        with_float_casts("CREATE MATERIALIZED VIEW v AS " + select, stream, {true, true, false}) ==
        "CREATE MATERIALIZED VIEW v AS SELECT avg(e.weight), avg(CAST(- e.weight AS double "
        "precision)) / avg(p.weight::double precision) AS x, sum(- e.weight) FROM events e JOIN "
        "products p ON p.id = e.id HAVING avg(e.qty + 1) FILTER (WHERE e.qty > 2) > 3");
    CHECK(query("SELECT sum(qty), corr(qty, price), avg(weight), avg(DISTINCT events.weight) FROM "
                "events") == "");
}
