#pragma once
#include <cstddef>
#include <mutex>

namespace tidewheel::engine {

// Memory that the lanes of a service share for their batches. Each of them may hold its part of one
// half at any time; the other half goes to those that ask for more first. No lane ever waits: a
// batch that can't grow is committed as it is. So a lane that is stuck with its batch keeps the
// others small, and no more. Thread-safe.
class MemoryBudget {
  public:
    explicit MemoryBudget(std::size_t bytes) : half_(bytes / 2) {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    // One lane's part in it; given back at the end.
    class Share {
      public:
        explicit Share(MemoryBudget& budget);
        ~Share();
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        bool may_hold(std::size_t bytes);  // true: it does so from now on
        // Whether that much is a part that others couldn't have.
        bool is_its_own(std::size_t bytes) const;
        void hold_only(std::size_t bytes);  // it gives back what it holds beyond that

      private:
        MemoryBudget& budget_;
        std::size_t held_ = 0, common_ = 0;  // common: of the half that goes to those that ask
    };

  private:
    mutable std::mutex mutex_;
    const std::size_t half_;
    std::size_t lanes_ = 0;
    std::size_t common_ = 0;  // in use
};

}  // namespace tidewheel::engine
