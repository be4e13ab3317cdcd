#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tidewheel::chaos {

// What one fault did, over all its runs.
struct FaultTally {
    int runs = 0;
    std::int64_t kills = 0, records = 0;
    std::vector<std::chrono::milliseconds> recoveries;
    std::int64_t lost = 0, doubled = 0;

    std::chrono::milliseconds median() const;
    std::chrono::milliseconds worst() const;
};

struct Report {
    std::uint64_t seed = 0;
    std::chrono::seconds mixed{};
    std::map<std::string, FaultTally> faults;
    std::map<std::string, long> peaks;  // KiB by program
    std::int64_t records = 0, lost = 0, doubled = 0;
    std::vector<std::string> violations;

    std::string table() const;
    std::string closing_line() const;
    std::string json() const;
};

}  // namespace tidewheel::chaos
