#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/reject.hpp"
#include "tidewheel/engine/schema.hpp"

namespace tidewheel::engine {

// Memory for the bytes of one batch: grows in blocks, is emptied at once, keeps its blocks for the
// next batch (all but those that a single huge record asked for).
class Arena {
  public:
    char* allocate(std::size_t bytes);  // not aligned: for characters
    std::string_view copy(std::string_view bytes);
    void clear();
    std::size_t used() const { return used_; }

  private:
    struct Block {
        std::unique_ptr<char[]> data;
        std::size_t size = 0;
    };
    std::vector<Block> blocks_;
    std::size_t current_ = 0;   // the block being filled
    std::size_t position_ = 0;  // in it
    std::size_t used_ = 0;
};

// The values of one column: a null mask and one typed vector. What the vector holds, by kind:
//   boolean             std::uint8_t
//   int16, int32, date  std::int32_t (a date: days since 2000-01-01)
//   int64, time, timestamp, timestamptz   std::int64_t (microseconds; since 2000-01-01 00:00 UTC)
//   float32, float64    double
//   uuid                Uuid
//   every other kind    std::string_view into the batch's arena or records:
//     numeric             PostgreSQL's binary form (numeric_send): four int16 in network order,
//     then the digits text, varchar       UTF-8 json, jsonb, other  JSON text
struct Uuid {
    std::uint8_t bytes[16];
};

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
// reason. Columns that nothing needs stay null. Reused from batch to batch; allocates nothing per
// record once it has grown.
class Batch {
  public:
    explicit Batch(const Schema& schema);

    // --- filling: by a lane, through a decoder ---
    // Adds a record. `decode` writes the columns of row() and returns nothing, or says why the
    // record is refused.
    template <class Decode>
    void add(Record record, Decode&& decode) {
        grow();
        bytes_ += (record.value ? record.value->size() : 0) + (record.key ? record.key->size() : 0);
        records_.push_back(std::move(record));
        if (std::optional<Reject> reject = decode(records_.back(), *this))
            reject_newest(std::move(*reject));
        else
            accept_newest();
    }
    Vector& column(std::size_t index) { return columns_[index]; }
    Arena& arena() { return arena_; }
    std::size_t row() const { return rows_; }  // the row being filled
    void clear();

    // --- reading ---
    const Schema& schema() const { return *schema_; }
    const Vector& column(std::size_t index) const { return columns_[index]; }
    std::size_t rows() const { return rows_; }    // accepted
    std::size_t bytes() const { return bytes_; }  // keys and values of all records
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
    std::size_t rows_ = 0;
    std::size_t capacity_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace tidewheel::engine
