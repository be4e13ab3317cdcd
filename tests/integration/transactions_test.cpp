// Topics that others write in transactions of Kafka's.
#include "testing/transactional_producer.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

// Reads partition 0 from its beginning.
struct Reader final : kafka::AssignmentListener {
    explicit Reader(const std::string& topic)
        : consumer(testing::kafka(), unique("group"), 1 << 20) {
        consumer.subscribe({topic}, *this);
    }
    ~Reader() override { consumer.close(); }
    std::vector<kafka::StartOffset> on_assigned(
        const std::vector<kafka::TopicPartition>& partitions) override {
        return {{partitions.front(), kafka::offset_beginning}};
    }
    void on_started(const std::vector<kafka::TopicPartition>& partitions) override {
        source = consumer.source(partitions.front());
    }
    void on_revoked(const std::vector<kafka::TopicPartition>&, bool) override { source.reset(); }

    std::unique_ptr<engine::RecordSource> source;
    kafka::GroupConsumer consumer;
};

}  // namespace

TEST_CASE("what a transaction under way holds back is in the topic, but can't be read yet") {
    const std::string topic = unique("transactions");
    kafka::Admin(testing::kafka()).create_topic(topic, 1, 1);
    kafka::testing::TransactionalProducer producer(testing::kafka(), topic);
    producer.begin();
    producer.send(topic, 0, "one");
    producer.commit();
    producer.begin();
    producer.send(topic, 0, "held back");
    Reader reader(topic);
    eventually("both records are in the topic", [&] {
        reader.consumer.poll(std::chrono::milliseconds(10));
        if (reader.source) reader.source->next(0);
        return reader.source && reader.source->end_offset() == 3;
    });
    const auto ends_at = [&](std::int64_t end) {
        eventually("it can be read up to " + std::to_string(end), [&] {
            return reader.consumer.readable_end({topic, 0}) == end;
        });
    };
    ends_at(2);  // one, and the marker behind it
    producer.commit();
    ends_at(4);
}

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

TEST_CASE(
    "a transaction that is open while the pipeline changes is applied once, by the new rules") {
    Deployment deployment;
    const auto pipeline = [](const std::string& filter, const std::string& figures) {
        return R"(CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
            CREATE TABLE kept (n integer);
            INSERT INTO kept SELECT n FROM numbers WHERE )" +
               filter + ";\nCREATE MATERIALIZED VIEW total AS SELECT " + figures + " FROM numbers;";
    };
    const auto number = [](int n) { return R"({"n": )" + std::to_string(n) + "}"; };
    REQUIRE(deployment.apply(pipeline("n >= 0", "count(*) AS n")).status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {number(0), number(1)});
    deployment.arrive();
    kafka::testing::TransactionalProducer producer(testing::kafka(), deployment.topic());
    producer.begin();
    for (int n = 5; n < 10; ++n)
        producer.send(deployment.topic(), 0, number(n));
    const Finished changed =
        deployment.apply(pipeline("n >= 7", "count(*) AS n, max(n) AS largest"), {"--rebuild"});
    INFO(changed.output << changed.errors);
    REQUIRE(changed.status == 0);
    deployment.send(1, {number(20)});
    eventually("the other partition goes on",
               [&] { return deployment.value("SELECT largest FROM total") == "20"; });
    CHECK(deployment.value("SELECT n FROM total") == "3");
    producer.commit();
    producer.begin();
    producer.send(deployment.topic(), 0, number(100));
    producer.abort();
    deployment.arrive();
    CHECK(deployment.value("SELECT n || ' ' || largest FROM total") == "8 20");
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM kept WHERE n > 1") ==
          "7 8 9 20");
    CHECK(deployment.tidewheel({"verify", "total"}).status == 0);
}
