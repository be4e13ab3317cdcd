#pragma once
#include <cstddef>
#include <random>

namespace tidewheel::testing {

// The same for a seed on every machine.
class Random {
  public:
    explicit Random(unsigned seed) : random_(seed) {}
    std::size_t below(std::size_t end) { return random_() % end; }
    template <class List>
    const auto& of(const List& list) {
        return *(list.begin() + static_cast<std::ptrdiff_t>(below(list.size())));
    }

  private:
    std::mt19937 random_;
};

}  // namespace tidewheel::testing
