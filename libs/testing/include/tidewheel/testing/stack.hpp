#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "tidewheel/kafka/client.hpp"
#include "tidewheel/testing/process.hpp"

// Real servers for integration tests. `./dev test` starts one Kafka and one PostgreSQL for the
// whole run (deploy/stack) and names them in TIDEWHEEL_TEST_KAFKA and TIDEWHEEL_TEST_DATABASE;
// every test takes a topic prefix and a database of its own, so tests can run side by side. A test
// that needs to break a server starts one for itself (servers.hpp).
namespace tidewheel::testing {

kafka::ClientSettings kafka();  // of the shared broker; throws when the variable is missing

// "stem_k3x9…", in small letters and digits: for topics, groups, databases.
std::string unique(const std::string& stem);

// A path with such a name below the run's own state, so that `./dev test` finds and ends what a
// crashed test left there. `place`: private (servers), disks.
std::string unique_path(const std::string& place, const std::string& stem);

// A database of its own on the shared server, dropped at the end, whoever is still connected. url()
// is the superuser's.
class TemporaryDatabase {
  public:
    TemporaryDatabase();
    ~TemporaryDatabase();
    TemporaryDatabase(const TemporaryDatabase&) = delete;
    TemporaryDatabase& operator=(const TemporaryDatabase&) = delete;
    const std::string& url() const { return url_; }
    const std::string& name() const { return name_; }

  private:
    std::string name_, url_;
};

// The same server, role and password, another database.
std::string with_database(const std::string& url, const std::string& name);

// Waits until the condition holds; fails the test (throws, naming `what`) when it doesn't within
// the deadline. A condition that throws a retryable Error does not hold yet; anything else that it
// throws passes through.
void eventually(const std::string& what, const std::function<bool()>& condition,
                std::chrono::milliseconds deadline = std::chrono::seconds(120));

}  // namespace tidewheel::testing
