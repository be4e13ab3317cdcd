#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tidewheel/engine/arena.hpp"
#include "tidewheel/engine/numeric.hpp"
#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/record_copy.hpp"
#include "tidewheel/engine/reject.hpp"
#include "tidewheel/engine/schema.hpp"

namespace tidewheel::engine {

// The values of one column: a null mask and one typed vector. What the vector holds, by kind:
//   boolean             std::uint8_t
//   int16, int32, date  std::int32_t (a date: days since 2000-01-01)
//   int64, time, timestamp, timestamptz   std::int64_t (microseconds; since 2000-01-01 00:00 UTC)
//   float32, float64    double
//   numeric             Numeric (of a wide one, the digits are in the batch's arena)
//   uuid                Uuid
//   every other kind    std::string_view into the batch's arena:
//     text, varchar       UTF-8
//     json, jsonb, other  JSON text
struct Uuid {
    std::uint8_t bytes[16];
};

std::size_t width_of(Kind kind);  // of such a value, in bytes

class Vector {
  public:
    explicit Vector(Kind kind);

    bool is_null(std::size_t row) const { return (nulls_[row / 64] >> (row % 64) & 1) != 0; }
    template <class T>
    const T& at(std::size_t row) const {
        assert(sizeof(T) == width_);
        return reinterpret_cast<const T*>(data_.data())[row];
    }
    template <class T>
    void set(std::size_t row, const T& value) {
        assert(sizeof(T) == width_);
        std::memcpy(data_.data() + row * width_, &value, sizeof(T));
        nulls_[row / 64] &= ~(std::uint64_t{1} << (row % 64));
    }
    void set_null(std::size_t row) { nulls_[row / 64] |= std::uint64_t{1} << (row % 64); }
    void resize(std::size_t rows);  // every new row is null; keeps the memory of the rows it drops
    Kind kind() const { return kind_; }
    // Sets so many rows from the first one on; `nulls`: a byte a row, 1 is NULL; nullptr: none is.
    void put(std::size_t first, std::size_t rows, const std::byte* values,
             const std::uint8_t* nulls);
    // Copies the values of these rows; those that are null have any value.
    void gather(std::span<const std::uint32_t> rows, std::byte* to) const;

  private:
    Kind kind_;
    std::size_t width_;
    std::vector<std::byte> data_;
    std::vector<std::uint64_t> nulls_;
};

// A record that was refused, and why. `record` indexes Batch::records().
struct RejectedRecord {
    std::size_t record;
    Reject reject;
};

// Consecutive records of one partition: the good ones as columns, the refused ones with their
// reason; ignored tombstones as records without a row. Columns that nothing needs stay null. It has copied what its records hold, so that what
// they came in (Kafka's memory) is free at once. Reused from batch to batch; allocates nothing per
// record once it has grown.
class Batch {
  public:
    explicit Batch(const Schema& schema);

    // --- filling: by a lane, through a decoder ---
    // Adds a record. `decode` gets the batch's copy of it (see Decoder), writes the columns of row()
    // and returns nothing, or says why the record is refused. When it throws, the batch is as it
    // was, and the record still the caller's; else its owner is gone. It isn't asked about a tombstone
    // that the schema ignores.
    template <class Decode>
    void add(Record&& record, Decode&& decode) {
        grow();
        const Arena::Mark before = arena_.mark();
        Record kept = copy_of(record, arena_, headers_);
        value_ = kept.value.value_or(std::string_view());
        const bool is_ignored = !kept.value && schema_->ignores_tombstones;
        std::optional<Reject> reject;
        try {
            if (!is_ignored) reject = decode(std::as_const(kept), *this);
        } catch (...) {
            forget_row();
            arena_.back_to(before);
            throw;
        }
        bytes_ += (kept.value ? kept.value->size() : 0) + (kept.key ? kept.key->size() : 0);
        records_.push_back(std::move(kept));
        record.owner.reset();
        if (is_ignored) return;
        if (reject)
            reject_newest(std::move(*reject));
        else
            accept_newest();
    }
    Vector& column(std::size_t index) { return columns_[index]; }
    Arena& arena() { return arena_; }
    // A text for a column: as it is, where it is part of the value of the record that is being
    // added; else a copy.
    std::string_view keep(std::string_view text) {
        const auto at = reinterpret_cast<std::uintptr_t>(text.data()) -
                        reinterpret_cast<std::uintptr_t>(value_.data());
        return at < value_.size() ? text : arena_.copy(text);
    }
    std::size_t row() const { return rows_; }  // the row being filled
    void forget_row();                         // all of its columns are null again
    void clear();
    void release();  // clears it, and gives its memory back
    // Empties it; its records are good on their own, to be added to another batch.
    std::vector<Record> take_records();

    // --- reading ---
    const Schema& schema() const { return *schema_; }
    const Vector& column(std::size_t index) const { return columns_[index]; }
    std::size_t rows() const { return rows_; }    // accepted
    std::size_t bytes() const { return bytes_; }  // keys and values of all records
    // An estimate of the memory that it takes until it is committed: the records, the columns, and
    // the COPY that is made of them.
    std::size_t footprint() const {
        return arena_.used() + bytes_ + records_.size() * record_footprint_;
    }
    bool empty() const { return records_.empty(); }
    std::span<const Record> records() const { return records_; }  // all of them, in offset order
    std::span<const RejectedRecord> rejected() const { return rejected_; }  // in offset order
    const Record& record_of(std::size_t row) const { return records_[record_of_row_[row]]; }
    // The largest event time among the accepted rows, in PostgreSQL's microseconds; nullopt: none.
    // except: rows, in ascending order.
    std::optional<std::int64_t> watermark(std::span<const std::size_t> except = {}) const;

  private:
    void grow();
    void accept_newest();
    void reject_newest(Reject reject);

    void resize_columns(std::size_t rows);

    const Schema* schema_;
    std::vector<Vector> columns_;
    std::vector<Record> records_;
    std::vector<std::uint32_t> record_of_row_;
    std::vector<RejectedRecord> rejected_;
    Arena arena_;
    // Of the record that is being added.
    std::vector<Header> headers_;
    std::string_view value_;
    std::size_t rows_ = 0;
    std::size_t capacity_ = 0;
    std::size_t bytes_ = 0;
    std::size_t record_footprint_ = 0;  // without its bytes
};

}  // namespace tidewheel::engine
