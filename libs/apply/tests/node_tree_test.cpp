#include "node_tree.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::apply;

TEST_CASE("Each query of a tree has its own flags, and knows what its sub-selects read") {
    const auto queries = queries_in(
        "({QUERY :commandType 3 :hasAggs false :hasTargetSRFs false :rtable ({RTE :rtekind 0 "
        ":relid "
        "7 :inh false} {RTE :rtekind 1 :subquery {QUERY :commandType 1 :hasAggs true :rtable ({RTE "
        ":relid 8}) :targetList ({SUBLINK :subselect {QUERY :commandType 1 :hasTargetSRFs true "
        ":hasWindowFuncs true :rtable ({RTE :relid 9})}})}})})");
    REQUIRE(queries.size() == 3);
    CHECK(!queries[0].is_select);
    CHECK(!queries[0].has_aggregates);
    CHECK(queries[0].reads("7"));
    CHECK(queries[1].is_select);
    CHECK(queries[1].has_aggregates);
    CHECK(!queries[1].has_windows);
    CHECK(!queries[1].reads("7"));
    CHECK(queries[1].reads("8"));
    CHECK(queries[1].reads("9"));
    CHECK(queries[2].has_target_sets);
    CHECK(queries[2].has_windows);
    CHECK(!queries[2].reads("8"));
}

TEST_CASE("An aggregate belongs to the query whose rows it is over") {
    const auto queries = queries_in(
        "{QUERY :commandType 1 :targetList ({AGGREF :aggfnoid 5 :args ({FUNCEXPR}) :agglevelsup 0} "
        "{SUBLINK :subselect {QUERY :commandType 1 :targetList ({AGGREF :aggfnoid 6 :agglevelsup "
        "1} "
        "{AGGREF :aggfnoid 7 :args ({SUBLINK :subselect {QUERY :targetList ({AGGREF :aggfnoid 8 "
        ":agglevelsup 0})}}) :agglevelsup 0})}})}");
    REQUIRE(queries.size() == 3);
    CHECK(queries[0].aggregates == std::vector<std::string>{"5", "6"});
    CHECK(queries[1].aggregates == std::vector<std::string>{"7"});
    CHECK(queries[2].aggregates == std::vector<std::string>{"8"});
}

TEST_CASE("Braces in a name don't end a query") {
    const auto queries =
        queries_in("{QUERY :commandType 1 :alias odd\\}\\{QUERY\\ name :hasAggs true}");
    REQUIRE(queries.size() == 1);
    CHECK(queries[0].has_aggregates);
}
