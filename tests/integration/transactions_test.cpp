// Topics that others write in transactions of Kafka's.
#include "testing/transactional_producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

TEST_CASE("aborted transactions are never seen, and committed ones whole") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=3"});
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE events (n integer NOT NULL) SERVER kafka OPTIONS "
                       "(topic '{topic}');\nCREATE TABLE stored (n integer);\nINSERT INTO stored "
                       "SELECT n FROM events;\nCREATE MATERIALIZED VIEW totals AS SELECT count(*) "
                       "AS n, sum(n) AS total FROM events;\n")
                .status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    kafka::testing::TransactionalProducer producer(testing::kafka(), deployment.topic());
    const auto send = [&](int first, int count) {
        producer.begin();
        for (int n = first; n < first + count; ++n)
            producer.send(deployment.topic(), 0, R"({"n": )" + std::to_string(n) + "}");
    };
    send(0, 5);
    producer.commit();
    send(100, 5);
    producer.abort();
    deployment.send(0, {R"({"n": 5})"});
    send(6, 4);
    producer.commit();
    send(200, 2);  // bad ones would be dead letters, were they seen
    producer.send(deployment.topic(), 0, "not json");
    producer.abort();

    // The topic ends with an aborted transaction and its marker: there is nothing to wait for.
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM stored") ==
          "0 1 2 3 4 5 6 7 8 9");
    CHECK(deployment.value("SELECT n || ' ' || total FROM totals") == "10 45");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    deployment.must({"verify"});
}
