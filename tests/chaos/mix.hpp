#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chaos/faults.hpp"
#include "chaos/invariants.hpp"
#include "chaos/sender.hpp"
#include "chaos/tally.hpp"

namespace tidewheel::chaos {

struct MixOptions {
    std::chrono::seconds time{180};
    std::uint64_t seed = 1;
    int rate = 500;                  // records a second
    std::vector<std::string> names;  // of faults; empty: all, without the slow ones in a short mix
    std::vector<std::string> programs{"worker", "aggregator"};
    std::string weaken;  // guards that the services do without, by commas (tests/weakened)
    std::optional<std::chrono::seconds> hold;  // how long each fault lasts; unset: as it draws
};

// One fault after the other, drawn by the seed, while records come in; then everything is healed
// and every invariant is checked. What happens is printed on standard error, with its time. The
// same seed draws the same faults in the same order with the same arguments, though not at the same
// microsecond.
class Mix {
  public:
    explicit Mix(MixOptions options);
    Report run();

  private:
    Fault next();
    void commit(const Fault& fault);
    void last(const Fault& fault, Happening& happening);
    void recover(const Fault& fault, std::chrono::steady_clock::time_point since);
    std::string probe();
    void remember(const Fault& fault);
    void finish();
    void check_services(Findings& findings);
    void attempt(const std::string& what, const std::function<void()>& action);
    void attribute();
    void say(const std::string& words) const;
    void say_progress() const;

    MixOptions options_;
    Random random_;
    std::vector<Fault> faults_, to_come_;
    Site site_;
    Sender probes_;
    std::chrono::steady_clock::time_point began_;
    Report report_;
    int number_ = 0;
};

}  // namespace tidewheel::chaos
