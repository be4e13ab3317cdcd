#pragma once
#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// Kills commands at random times. Where a command is done before, the machine is faster than was
// thought: the next time is drawn from half the range.
class RandomKills {
  public:
    RandomKills(unsigned seed, std::chrono::milliseconds longest)
        : random_(seed), longest_(longest.count()) {}

    void run(const Deployment& deployment, std::vector<std::string> arguments) {
        const auto command = deployment.start_command(std::move(arguments));
        const auto span = static_cast<std::minstd_rand::result_type>(longest_);
        wait_for({}, std::chrono::milliseconds(random_() % span));
        if (command->running())
            ++killed_;
        else
            longest_ = std::max<std::chrono::milliseconds::rep>(1, longest_ / 2);
        command->signal(SIGKILL);
        command->wait();
    }
    int killed() const { return killed_; }

  private:
    std::minstd_rand random_;
    std::chrono::milliseconds::rep longest_;
    int killed_ = 0;
};

}  // namespace tidewheel::testing
