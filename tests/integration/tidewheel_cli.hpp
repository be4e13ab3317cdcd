#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {

// `tidewheel` in this process, with a database, a topic and a folder of its own.
class TidewheelCli {
  public:
    struct Finished {
        int status;
        std::string output, errors;
        codec::Json json() const { return codec::Json::parse(output).value(); }
    };

    TidewheelCli() : folder_(std::filesystem::temp_directory_path() / unique("pipeline")) {
        std::filesystem::create_directories(folder_);
    }
    ~TidewheelCli() { std::filesystem::remove_all(folder_); }
    TidewheelCli(const TidewheelCli&) = delete;
    TidewheelCli& operator=(const TidewheelCli&) = delete;

    Finished run(std::vector<std::string> arguments) const {
        return run_as(database_.url(), std::move(arguments));
    }
    Finished run_as(const std::string& url, std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "tidewheel");
        arguments.insert(arguments.end(), {"--database", url, "--kafka", kafka().brokers});
        std::vector<const char*> argv;
        for (const std::string& argument : arguments)
            argv.push_back(argument.c_str());
        std::ostringstream out, err;
        const int status = cli::run_program(static_cast<int>(argv.size()), argv.data(), out, err);
        return {status, out.str(), err.str()};
    }

    // Writes a pipeline file; {topic} stands for this test's topic.
    std::string file(std::string text, const std::string& name = "pipeline.sql") const {
        for (auto at = text.find("{topic}"); at != std::string::npos; at = text.find("{topic}"))
            text.replace(at, 7, topic);
        const std::string path = (folder_ / name).string();
        std::ofstream(path) << text;
        return path;
    }
    std::string folder() const { return folder_.string(); }

    postgres::Rows query(const std::string& sql) const {
        return postgres::Connection(database_.url()).query(sql);
    }
    std::string value(const std::string& sql) const { return query(sql).at(0).text_or(0, "NULL"); }

    void produce(const std::vector<std::string>& records, int partition = 0) const {
        kafka::Producer producer(kafka());
        for (const std::string& record : records)
            producer.send(topic, {partition, std::nullopt, std::string_view(record), {}, 0});
        REQUIRE(producer.flush(std::chrono::seconds(20)));
        REQUIRE(producer.deliveries().failed == 0);
    }

    const std::string topic = unique("orders");
    const TemporaryDatabase& database() const { return database_; }

  private:
    TemporaryDatabase database_;
    std::filesystem::path folder_;
};

inline const std::string orders_stream =
    "CREATE FOREIGN TABLE orders (\n"
    "    id    integer NOT NULL,\n"
    "    shop  text    NOT NULL,\n"
    "    price numeric(10,2) NOT NULL CHECK (price >= 0),\n"
    "    at    timestamptz\n"
    ") SERVER kafka OPTIONS (topic '{topic}', partitions '2');\n";

inline const std::string orders_pipeline =
    orders_stream +
    "CREATE TABLE dear_orders (id integer PRIMARY KEY, shop text, price numeric(10,2));\n"
    "INSERT INTO dear_orders SELECT id, shop, price FROM orders WHERE price > 10 ON CONFLICT (id) "
    "DO NOTHING;\n"
    "CREATE MATERIALIZED VIEW by_shop AS\n"
    "SELECT shop, count(*) AS orders, sum(price) AS total, avg(price) AS mean FROM orders GROUP BY "
    "shop;\n"
    "COMMENT ON MATERIALIZED VIEW by_shop IS 'what shops sell';\n";

}  // namespace tidewheel::testing
