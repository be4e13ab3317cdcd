#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::chaos {

// Keeps services running as an init system would: whatever ends is started again. Watches how much
// memory they take and what they end with. Thread-safe.
class Supervisor {
  public:
    // environment: "NAME=value", for all of them, before the deployment's own. variant: what the
    // programs' names end in, "-weakened" or nothing.
    Supervisor(const testing::Deployment& deployment, std::vector<std::string> environment,
               std::string variant);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // From now on this service runs: "worker-1" is tidewheel-worker, "runner-1" is tidewheel run, and
    // the instance's name in claims. environment: its own, before what all have.
    void keep(const std::string& name, std::vector<std::string> environment = {});
    // Stops it without a restart. Returns how long that took; throws after `timeout`.
    std::chrono::milliseconds release(const std::string& name, std::chrono::seconds timeout);
    void signal(const std::string& name, int number);
    // The next start of it, alone, has this in its environment.
    void arm(const std::string& name, const std::string& variable);
    std::uint64_t starts(const std::string& name) const;  // 0: it was never kept

    std::map<std::string, long> peaks() const;  // by program: the largest resident size, in KiB
    std::vector<std::string> defects() const;   // ends that no fault explains

  private:
    struct Service {
        std::string program;
        std::vector<std::string> armed, environment;
        std::unique_ptr<testing::Process> process;
        std::uint64_t starts = 0;
        bool wanted = true;
    };
    void run(std::stop_token stop);
    void look_after(const std::string& name, Service& service);
    void weigh(const Service& service);
    void bury(const std::string& name, Service& service);

    const testing::Deployment& deployment_;
    std::vector<std::string> environment_;
    std::string variant_;
    mutable std::mutex mutex_;
    std::map<std::string, Service> services_;
    std::map<std::string, long> peaks_;
    std::vector<std::string> defects_;
    std::jthread thread_;  // starts them all: a child dies with the thread that started it
};

}  // namespace tidewheel::chaos
