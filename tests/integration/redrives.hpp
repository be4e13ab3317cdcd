#pragma once
#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// A stream with a rule that some records break, an INSERT and a view: what the tests of dead
// letters redrive.
namespace tidewheel::testing::redrives {

inline constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (
    n      integer NOT NULL CONSTRAINT small CHECK (n < 1000),
    store  text    NOT NULL,
    origin text    OPTIONS (header 'origin')
) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer, store varchar(6), origin text);
INSERT INTO whole SELECT n, store, origin FROM numbers;
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n, sum(n) AS sum FROM numbers GROUP BY store;
)";

inline std::string number(int n, const std::string& store = "s") {
    return R"({"n": )" + std::to_string(n) + R"(, "store": ")" + store + "\"}";
}

// {first, first + step, …}, before last. From 1000 on, the stream's rules refuse them.
inline std::vector<std::string> numbers(int first, int last, int step = 1) {
    std::vector<std::string> values;
    for (int n = first; n < last; n += step)
        values.push_back(number(n, "s" + std::to_string(n % 7)));
    return values;
}

// Some records pass the stream's rules that did not.
inline void mend_rules(const Deployment& deployment) {
    std::string corrected = pipeline;
    const std::string rule = " CONSTRAINT small CHECK (n < 1000)";
    corrected.replace(corrected.find(rule), rule.size(), "");
    require_applied(deployment, corrected);
}

using testing::require_applied;
inline void require_applied(const Deployment& deployment) {
    testing::require_applied(deployment, pipeline);
}

inline std::string letters(const Deployment& deployment) {
    return deployment.value("SELECT count(*) FROM tidewheel.dead_letters");
}

// 0, 1, … before `count` are each there once.
inline void holds_each_once(const Deployment& deployment, int count) {
    CHECK(deployment.value("SELECT count(*) FROM whole") == std::to_string(count));
    CHECK(deployment.value("SELECT count(DISTINCT n) FROM whole") == std::to_string(count));
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == std::to_string(count));
    check_verified(deployment);
}

}  // namespace tidewheel::testing::redrives
