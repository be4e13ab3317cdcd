// Databases that have no partition of a topic.
#include <regex>

#include "several_databases.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string pipeline(int partitions) {
    return "CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic "
           "'{topic}', partitions '" +
           std::to_string(partitions) +
           "');\nCREATE TABLE whole (n integer);\n"
           "INSERT INTO whole SELECT n FROM numbers;\n";
}

constexpr const char* progress =
    "SELECT string_agg(partition || ':' || next_offset, ' ' ORDER BY partition) FROM "
    "tidewheel.progress";
constexpr const char* rows = "SELECT string_agg(n::text, ' ' ORDER BY n) FROM whole";

// Two databases; what the second one of them has is examined.
class SecondDatabase {
  public:
    explicit SecondDatabase(int partitions) : databases_(2) {
        databases_.must({"init"});
        databases_.must({"apply", databases_.first().file(pipeline(partitions))});
    }

    const std::string& topic() const { return databases_.first().topic(); }
    kafka::Admin& admin() { return admin_; }
    void recreate_topic(int partitions) {
        delete_topic();
        REQUIRE(admin_.create_topic(topic(), partitions));
    }
    void delete_topic() {
        admin_.delete_topic(topic());
        eventually("the topic is gone", [&] { return !admin_.partitions(topic()); });
    }
    void send(int partition, int n) const {
        databases_.first().send(partition, {R"({"n": )" + std::to_string(n) + "}"});
    }

    Finished tidewheel(std::vector<std::string> arguments) const {
        arguments.insert(arguments.end(), {"--database", databases_.url(1)});
        return databases_.first().tidewheel(std::move(arguments));
    }
    // Returns what it printed.
    std::string must(std::vector<std::string> arguments) const {
        const Finished finished = tidewheel(std::move(arguments));
        INFO(finished.output << finished.errors);
        CHECK(finished.status == 0);
        return finished.output;
    }
    codec::Json statement() const {
        return codec::Json::parse(must({"status", "--explain", "--json"}))
            .value()
            .find("statements")
            ->items()
            .at(0);
    }
    void catch_up() const {
        const auto worker = databases_.start("tidewheel-worker", 1);
        must({"status", "--wait"});
    }
    std::string value(const std::string& sql) const { return databases_.value(1, sql); }

  private:
    SeveralDatabases databases_;
    kafka::Admin admin_{testing::kafka()};
};

}  // namespace

TEST_CASE("status shows statements that read no partition in the database") {
    SecondDatabase second(1);
    second.send(0, 1);
    CHECK(second.value(progress) == "NULL");
    const std::string shown = second.must({"status", "--explain"});
    INFO(shown);
    CHECK(std::regex_search(
        shown, std::regex("\nwhole +rows +" + second.topic() + " +0 +0 +current +- +0 +- +-\n")));
    CHECK_THAT(shown, ContainsSubstring("whole: it reads no partition of topic " + second.topic() +
                                        " in this database\n"));
    const codec::Json statement = second.statement();
    CHECK(statement.find("lag")->integer() == 0);
    CHECK_FALSE(statement.find("topic_gone")->boolean());
    CHECK(statement.find("partitions")->items().empty());
    CHECK(statement.find("reasons")->items().at(0).find("code")->string() == "no_partition");
    second.must({"status", "--wait"});

    second.delete_topic();
    CHECK(second.statement().find("topic_gone")->boolean());
    CHECK(second.tidewheel({"status", "--wait"}).status == 4);
}

TEST_CASE("status counts what a database's first partition holds before a service reads it") {
    SecondDatabase second(1);
    second.admin().add_partitions(second.topic(), 2);
    second.send(1, 1);
    second.send(1, 2);
    const codec::Json statement = second.statement();
    CHECK(statement.find("lag")->integer() == 2);
    CHECK(statement.find("partitions")->items().size() == 1);
    CHECK(statement.find("reasons")->items().at(0).find("code")->string() == "no_owner");
    const Finished waited = second.tidewheel({"status", "--wait", "--timeout", "1"});
    CHECK(waited.status == 5);
    CHECK_THAT(waited.errors, ContainsSubstring("still 2 records behind"));
    second.catch_up();
    CHECK(second.value(rows) == "1 2");
}

TEST_CASE("a topic that is recreated without a partition of the database is forgotten there") {
    SecondDatabase second(4);
    second.send(1, 1);
    second.send(3, 3);
    second.catch_up();
    CHECK(second.value(progress) == "1:1 3:1");
    second.recreate_topic(1);
    second.send(0, 10);
    CHECK(second.tidewheel({"status", "--wait"}).status == 4);
    CHECK_THAT(second.must({"reset", "--topic-recreated", second.topic(), "--yes"}),
               ContainsSubstring("whole: reads nothing of topic " + second.topic() +
                                 " in this database\n"));
    CHECK(second.value(progress) == "NULL");
    second.must({"status", "--wait"});
    CHECK_FALSE(second.statement().find("topic_gone")->boolean());

    second.admin().add_partitions(second.topic(), 2);
    second.send(1, 11);
    second.catch_up();
    CHECK(second.value(progress) == "1:1");
    CHECK(second.value(rows) == "1 3 11");
}

TEST_CASE("a reset reaches a database that had no partition of the topic before") {
    SecondDatabase second(1);
    second.recreate_topic(2);
    const std::vector<std::string> reset{"reset", "--topic-recreated", second.topic(), "--yes"};
    const Finished refused = second.tidewheel(reset);
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors, ContainsSubstring("there is no evidence that topic"));
    std::vector<std::string> nevertheless = reset;
    nevertheless.emplace_back("--allow-duplicates");
    CHECK_THAT(second.must(nevertheless),
               ContainsSubstring("whole: starts at the first records of topic"));
    second.send(1, 1);
    second.catch_up();
    CHECK(second.value(rows) == "1");
}
