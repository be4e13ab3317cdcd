#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "chaos/site.hpp"

namespace tidewheel::chaos {

// Draws that a seed repeats on every machine (the standard's distributions differ).
class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    int below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }
    template <class List>
    const auto& one_of(const List& list) {
        return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
    }
    std::chrono::milliseconds between(std::chrono::milliseconds least,
                                      std::chrono::milliseconds most) {
        return least +
               std::chrono::milliseconds(below(static_cast<int>((most - least).count()) + 1));
    }

  private:
    std::mt19937_64 engine_;
};

// A fault at work.
struct Happening {
    std::string what;        // was hit, for the log
    std::int64_t kills = 0;  // of processes, backends, connections
    std::function<void(Happening&)>
        go_on;                            // some twenty times a second while it lasts; may be empty
    std::function<void(Happening&)> end;  // heals it; may be empty
};

// What a fault harms or needs. Two faults that share nothing can happen at once.
enum Parties : std::uint8_t { services = 1, brokers = 2, database = 4 };

struct Fault {
    std::string name;
    std::string number;  // in the list of faults (README.md)
    int parties;         // Parties, added
    // The services must get over it while it lasts: their time runs from its beginning. Else it
    // runs from its end.
    bool outlived;
    bool slow;  // left out of a short mix
    std::chrono::milliseconds shortest, longest;
    Happening (*begin)(Site&, Random&);
};

// What two faults at once are called: drawn from those that share no party and are not slow.
constexpr const char* two_at_once = "two-at-once";

std::vector<Fault> service_faults();
std::vector<Fault> kafka_faults();
std::vector<Fault> postgres_faults();
std::vector<Fault> data_faults();
std::vector<Fault>
all_faults();  // and two at once; without those that need more rights than we have

}  // namespace tidewheel::chaos
