#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace tidewheel::engine::model {

// Where a run may go one way or another. Way 0 is the plain one; every other is a surprise, and a
// run has only so many of them. That bounds the search without a bound on the length of a run: what
// goes wrong needs few surprises, wherever they fall. Source of the idea: Musuvathi and Qadeer,
// "Iterative Context Bounding for Systematic Testing of Multithreaded Programs", PLDI 2007.
class Choices {
  public:
    virtual ~Choices() = default;
    virtual std::size_t choose(std::size_t ways) = 0;  // [0, ways)
};

// Every run with at most so many surprises, each once: a run is the list of the ways it took, and
// the next one takes the next way at the last fork that has one.
class EveryRun final : public Choices {
  public:
    explicit EveryRun(int surprises) : surprises_(surprises), left_(surprises) {}

    std::size_t choose(std::size_t ways) override {
        if (at_ == forks_.size()) forks_.push_back({0, left_ > 0 ? ways : 1});
        const Fork& fork = forks_[at_++];
        if (fork.taken != 0) --left_;
        return fork.taken;
    }
    // False: that was the last one.
    bool next() {
        while (!forks_.empty() && forks_.back().taken + 1 == forks_.back().ways)
            forks_.pop_back();
        if (forks_.empty()) return false;
        ++forks_.back().taken;
        at_ = 0;
        left_ = surprises_;
        return true;
    }

  private:
    struct Fork {
        std::size_t taken, ways;
    };
    std::vector<Fork> forks_;
    std::size_t at_ = 0;
    int surprises_, left_;
};

// One run at random; the same one for the same seed.
class RandomRun final : public Choices {
  public:
    RandomRun(std::uint64_t seed, int surprises) : random_(seed), left_(surprises) {}

    std::size_t choose(std::size_t ways) override {
        if (left_ == 0 || below(5) != 0) return 0;
        --left_;
        return 1 + below(ways - 1);
    }
    std::size_t below(std::size_t bound) { return random_() % bound; }

  private:
    std::mt19937_64 random_;
    int left_;
};

}  // namespace tidewheel::engine::model
