#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <stop_token>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/decoder.hpp"
#include "tidewheel/engine/lane_batch.hpp"
#include "tidewheel/engine/log_guard.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

// How large a batch may become, and how far one call goes.
struct FillLimits {
    std::size_t first_rows, rows, bytes;
    std::size_t slice;
};

// Fills the batches of a lane with records, in their order. Every record that is read passes the
// guard, and is kept until a batch takes it. One thread.
class BatchFiller {
  public:
    // All must outlive this.
    BatchFiller(RecordSource& source, Decoder& decoder, LogGuard& guard, LaneBatches& batches,
                FillLimits limits, const Clock& clock);

    enum class State : std::uint8_t {
        more,    // there may be more: a slice has been added, or there is a stop
        dry,     // nothing more has arrived
        closed,  // the batch can't take more for now
    };
    // An empty batch gets no first record: the source can't be read, or the record can't be decoded
    // yet. The lane waits for that once all that came before is stored.
    struct Stuck {
        enum class Cause : std::uint8_t { unreadable, undecodable } cause;
        std::exception_ptr why;
    };
    // Adds a slice of what has arrived to the batch; waits so many milliseconds for the first.
    // Throws Stuck; Error: the lane can't read on, and every further call throws it again.
    State fill(std::stop_token stop, LaneBatch& to, int wait);
    // After Stuck::Cause::undecodable: tries the record again. Throws Error, as Decoder does.
    void decode_first(LaneBatch& to);

    // Its records are added again, to another batch.
    void take_back(LaneBatch& from);
    // The offset after the batch, and after gaps that follow it as far as they are known.
    std::int64_t reached(const LaneBatch& batch) const;
    std::size_t rows() const { return rows_; }  // of a batch, at most
    void allow_more_rows();                     // twice as many
    void forget() { held_.clear(); }            // what is read and in no batch

  private:
    State add_slice(std::stop_token stop, LaneBatch& to, int wait);
    std::optional<Record> read(LaneBatch& to, int wait);
    bool take(LaneBatch& to, Record&& record);
    void add(LaneBatch& to, Record& record);
    bool is_full(const LaneBatch& batch);

    RecordSource& source_;
    Decoder& decoder_;
    LogGuard& guard_;
    LaneBatches& batches_;
    const FillLimits limits_;
    const Clock& clock_;
    std::size_t rows_;
    std::deque<Record> held_;    // read already: past a limit, can't be decoded yet, or taken back
    std::exception_ptr failed_;  // a record that was read is in no batch
};

}  // namespace tidewheel::engine
