#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/testing/process.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {

constexpr std::int64_t new_year_2026 = 1767225600000;  // 2026-01-01 00:00 UTC, as Kafka has it

// A pipeline at work for one test: a database, a topic and consumer groups of its own, and the real
// programs.
class Deployment {
  public:
    // On the shared servers. environment: "NAME=value", settings for all programs.
    explicit Deployment(std::vector<std::string> environment = {});
    // On servers of the test's own. `url` names a superuser's database.
    Deployment(std::string url, kafka::ClientSettings kafka,
               std::vector<std::string> environment = {});
    ~Deployment();
    Deployment(const Deployment&) = delete;
    Deployment& operator=(const Deployment&) = delete;

    const std::string& topic() const { return topic_; }
    const std::string& url() const { return url_; }
    const kafka::ClientSettings& kafka() const { return kafka_; }
    std::string text(std::string text) const;  // {topic} replaced

    Finished apply(const std::string& sql, std::vector<std::string> options = {}) const;
    std::string file(const std::string& sql) const;  // what apply would read: its path
    Finished tidewheel(std::vector<std::string> arguments,
                       std::chrono::seconds deadline = std::chrono::minutes(2)) const;
    void must(std::vector<std::string> arguments)
        const;  // …that has to succeed; throws with what it printed
    // Records of one partition; each has the header origin=test and the time (milliseconds since
    // 1970).
    // @tombstone, @empty, @hex 00ff, @deep 10000 (an object with so many arrays in each other) and
    // @key k|value are special.
    void send(int partition, const std::vector<std::string>& values,
              std::int64_t time = new_year_2026) const;
    std::unique_ptr<Process> start(const std::string& service,
                                   std::vector<std::string> environment = {}) const;
    // tidewheel with these arguments, to be met while it is at it.
    std::unique_ptr<Process> start_command(std::vector<std::string> arguments,
                                           std::vector<std::string> environment = {}) const;
    // Until every statement has applied all that was sent; throws after two minutes.
    void arrive() const;
    postgres::Rows query(const std::string& sql,
                         const std::vector<postgres::Parameter>& parameters = {}) const;
    std::string value(const std::string& sql) const;  // of the first column of the only row

  private:
    std::unique_ptr<Process> start_program(std::vector<std::string> arguments,
                                           std::vector<std::string> environment) const;
    std::string path() const;

    std::unique_ptr<TemporaryDatabase> database_;
    std::string url_;
    kafka::ClientSettings kafka_;
    std::string topic_;
    std::vector<std::string> environment_;
};

// Where a service answers /metrics and the like, out of its log; waits until it says so.
std::string admin_url(Process& service);

std::vector<std::string> lines_of(const std::string& text);  // those that are not empty

}  // namespace tidewheel::testing
