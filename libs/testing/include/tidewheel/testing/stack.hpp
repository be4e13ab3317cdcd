#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tidewheel/kafka/client.hpp"

// Real servers for integration tests. `./dev test` starts one Kafka and one PostgreSQL for the whole run (deploy/stack) and names
// them in TIDEWHEEL_TEST_KAFKA and TIDEWHEEL_TEST_DATABASE; every test takes a topic prefix and a database of its own, so tests can run
// side by side. A test that needs to break a server starts one for itself.
namespace tidewheel::testing {

kafka::ClientSettings kafka();          // of the shared broker; throws when the variable is missing
std::string unique(const std::string& stem);  // "stem_k3x9…": for topics, groups, databases

// A database of its own, dropped at the end. url() is the superuser's.
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

// Waits until the condition holds; fails the test (throws, naming `what`) when it doesn't within the deadline.
void eventually(const std::string& what, const std::function<bool()>& condition,
                std::chrono::milliseconds deadline = std::chrono::seconds(30));

// A child process (one of our programs, or a server), killed at the end if it still runs.
class Process {
 public:
    // environment: "NAME=value" added to ours. Standard output and error go to files that output()/errors() read.
    Process(std::vector<std::string> arguments, std::vector<std::string> environment = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number);
    int wait(std::chrono::milliseconds deadline = std::chrono::seconds(60));  // exit status; 128 + n after signal n
    bool running();
    int pid() const { return pid_; }
    std::string output() const;
    std::string errors() const;

 private:
    int pid_ = -1;
    int status_ = -1;
    bool finished_ = false;
    std::string directory_;
};

// Runs a program to its end.
struct Finished {
    int status;
    std::string output, errors;
};
Finished run(std::vector<std::string> arguments, std::vector<std::string> environment = {},
             std::chrono::milliseconds deadline = std::chrono::seconds(60));

std::string program(const std::string& name);  // the path of one of our programs in this build

}  // namespace tidewheel::testing
