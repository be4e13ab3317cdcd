#pragma once
#include <string>
#include <vector>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// A pipeline by whose tables one sees what happened to every single record: the number in it is
// its offset, and the table has no key, so what is stored twice is there twice.
class Numbers : public Deployment {
  public:
    static constexpr int batch = 20;  // records

    explicit Numbers(std::vector<std::string> environment = {})
        : Deployment(with_small_batches(std::move(environment))) {
        apply_pipeline();
    }
    Numbers(std::string url, kafka::ClientSettings kafka, std::vector<std::string> environment = {})
        : Deployment(std::move(url), std::move(kafka), with_small_batches(std::move(environment))) {
        apply_pipeline();
    }

    void send_more(int count = 5 * batch) {
        std::vector<std::string> records;
        for (; count > 0; --count)
            records.push_back(record(sent_++));
        send(0, records);
    }
    int sent() const { return sent_; }

    // In a consumer group of its own a service need not wait until Kafka has given up those who
    // died before it.
    std::unique_ptr<Process> start_alone(const std::string& service,
                                         std::vector<std::string> environment = {}) const {
        environment.push_back("TIDEWHEEL_GROUP=" + unique("group"));
        return start(service, std::move(environment));
    }

    int progress(const std::string& kind = "%") const {  // rows, view
        return std::stoi(
            value("SELECT min(coalesce(next_offset, 0)) FROM tidewheel.progress p JOIN"
                  " tidewheel.statements s ON s.id = p.statement_id WHERE s.rebuilds IS NULL AND"
                  " s.kind::text LIKE '" +
                  kind + "'"));
    }
    void catch_up(std::chrono::milliseconds deadline = std::chrono::minutes(2)) const {
        eventually(
            "everything is applied", [&] { return progress() == sent_; }, deadline);
    }

    // What is wrong, by every offset: each has to be stored once or parked once, and the view's
    // totals have to be those of the rows. Empty: nothing.
    std::string difference() const {
        const std::string offsets = "generate_series(0, " + std::to_string(sent_ - 1) + ") o";
        return value(
            "SELECT concat_ws('; ',"
            " (SELECT 'not stored once: ' || string_agg(o::text, ' ') FROM (SELECT o FROM " +
            offsets +
            " FULL JOIN (SELECT n AS o, count(*) AS times FROM stored GROUP BY 1) s USING (o)"
            " WHERE coalesce(times, 0) <> (o % 10 <> 3)::integer ORDER BY o LIMIT 20) wrong),"
            " (SELECT 'not parked once: ' || string_agg(o::text, ' ') FROM (SELECT o FROM " +
            offsets +
            " FULL JOIN (SELECT \"offset\" AS o, count(*) AS times FROM tidewheel.dead_letters"
            " GROUP BY 1) d USING (o)"
            " WHERE coalesce(times, 0) <> (o % 10 = 3)::integer ORDER BY o LIMIT 20) wrong),"
            " (SELECT 'totals differ: ' || string_agg(rest::text, ' ') FROM (SELECT o % 7 AS rest,"
            " count(*) AS n, sum(o) AS total FROM " +
            offsets +
            " WHERE o % 10 <> 3 GROUP BY 1) wanted FULL JOIN totals USING (rest)"
            " WHERE (wanted.n, wanted.total) IS DISTINCT FROM (totals.n, totals.total)))");
    }

    static constexpr const char* pipeline = R"(
        CREATE FOREIGN TABLE numbers (n integer NOT NULL CHECK (n >= 0)) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
        CREATE TABLE stored (n integer);
        INSERT INTO stored SELECT n FROM numbers;
        CREATE MATERIALIZED VIEW totals AS SELECT n % 7 AS rest, count(*) AS n, sum(n) AS total FROM numbers GROUP BY 1;)";

  private:
    // One of ten is bad: by its JSON or by the CHECK.
    static std::string record(int offset) {
        if (offset % 20 == 3) return "bad";
        return R"({"n": )" + std::to_string(offset % 20 == 13 ? -offset : offset) + "}";
    }
    static std::vector<std::string> with_small_batches(std::vector<std::string> environment) {
        environment.push_back("TIDEWHEEL_BATCH_ROWS=" + std::to_string(batch));
        return environment;
    }
    void apply_pipeline() {
        const Finished finished = apply(pipeline);
        INFO(finished.output << finished.errors);
        REQUIRE(finished.status == 0);
    }

    int sent_ = 0;
};

}  // namespace tidewheel::testing
