// What tests/pipelines/bad_records.test can't write in a line: records of ten megabytes.
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

TEST_CASE("records of 10 MB are stored, and parked whole, with small ones among them") {
    Deployment deployment;
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE pages (n integer NOT NULL, body text, unread text)\n"
                       "    SERVER kafka OPTIONS (topic '{topic}');\n"
                       "CREATE TABLE kept (n integer, body text);\n"
                       "INSERT INTO kept SELECT n, body FROM pages;\n"
                       "CREATE MATERIALIZED VIEW sizes AS SELECT count(*) AS pages, "
                       "sum(length(body)) AS size FROM pages;\n")
                .status == 0);
    const std::string ten_megabytes(10'000'000, 'x');
    const std::vector<std::string> records = {
        R"({"n": 1, "body": "small"})",
        R"({"n": 2, "body": ")" + ten_megabytes + R"("})",
        R"({"n": "bad", "body": ")" + ten_megabytes + R"("})",
        R"({"n": 4, "unread": ")" + ten_megabytes + R"("})",
        R"({"n": 5, "ignored": ")" + ten_megabytes,  // cut
        R"({"n": 6, "body": "small"})",
    };
    deployment.send(0, records);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n || ':' || coalesce(length(body), 0), ' ' ORDER BY "
                           "n) FROM kept") == "1:5 2:10000000 4:0 6:5");
    CHECK(deployment.value("SELECT pages || ' ' || size FROM sizes") == "4 10000010");
    CHECK(deployment.value("SELECT string_agg(\"offset\" || ' ' || reason || ' ' || md5(payload), "
                           "', ' ORDER BY \"offset\") FROM tidewheel.dead_letters") ==
          "2 wrong_type " + deployment.value("SELECT md5('" + records[2] + "')") + ", 4 not_json " +
              deployment.value("SELECT md5('" + records[4] + "')"));
    CHECK(occurrences(worker->errors(), "records became dead letters") == 1);  // a minute, at most
    deployment.must({"verify"});
}
