#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/memory_budget.hpp"

namespace tidewheel::engine {

// A batch of a lane, with the place that it has among the others.
struct LaneBatch {
    explicit LaneBatch(const Schema& schema) : batch(schema) {}

    Batch batch;
    std::int64_t begin = 0;        // the first offset that it may hold
    std::int64_t limit = 0;        // it must not reach past it: there another statement joins in
    bool closed = false;           // the record after it is for another batch, or can't be had yet
    Clock::Monotonic since{};      // its first record
    std::size_t kept_bytes = 0;    // the memory that it keeps while it is empty
    Clock::Monotonic needed_it{};  // when it last needed most of that

    // The first offset that it may still hold.
    std::int64_t next() const { return batch.empty() ? begin : batch.records().back().offset + 1; }
    std::size_t memory() const { return std::max(kept_bytes, batch.footprint()); }
};

// The two batches of a lane: one is filled while the other is stored. They share the lane's memory.
class LaneBatches {
  public:
    // memory: of all lanes; none: as much as it takes. The clock must outlive this.
    LaneBatches(const Schema& schema, MemoryBudget* memory, const Clock& clock);

    LaneBatch& filling() { return pair_.at(filling_); }
    const LaneBatch& filling() const { return pair_.at(filling_); }
    LaneBatch& stored() { return pair_.at(1 - filling_); }
    void swap() { filling_ = 1 - filling_; }

    bool may_grow();  // one of them, by some records
    // Gives back the memory that other lanes could use, or that it hasn't needed for some time.
    void empty(LaneBatch& each);
    void clear();

    static constexpr std::chrono::seconds keep_memory{15};

  private:
    bool may_keep(LaneBatch& each, std::size_t bytes) const;

    std::array<LaneBatch, 2> pair_;
    std::size_t filling_ = 0;
    const Clock& clock_;
    std::optional<MemoryBudget::Share> memory_;
};

}  // namespace tidewheel::engine
