#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/engine/row_filter.hpp"

namespace tidewheel::engine {

// What becomes of rows that are equal in all of a key.
enum class Repeats : std::uint8_t {
    kept,        // all of them
    dropped,     // the first one is kept; a NULL is equal to nothing
    in_rounds,   // the first of each key, then the second of each, …; a NULL is equal to a NULL
    last_first,  // the same, from the last of each key on
};

// What a value is stored in takes. Rows with another one are declined.
struct ValueLimit {
    bool nullable = true;
    std::optional<int> characters = {};  // of a text, at most
    bool operator==(const ValueLimit&) const = default;
};

// SELECT values FROM the batch WHERE where.
struct RowQuery {
    std::optional<Expression> where;
    std::vector<Expression> values;
    std::vector<ValueLimit> limits = {};  // of the first values
    std::vector<std::size_t> key = {};    // of the values; empty: all rows are kept
    Repeats repeats = Repeats::dropped;
    // The rows come in the order of the key, texts by their bytes; else as in the batch. Those of
    // each round always do.
    bool in_key_order = false;
    bool operator==(const RowQuery&) const = default;
};

// Consecutive rows, [first, last).
struct RowSpan {
    std::size_t first, last;
    std::size_t size() const { return last - first; }
};

// What a query yields. Texts are views into the batch, or into the scratch of the run.
class SelectedRows {
  public:
    std::size_t size() const { return order_.size(); }
    RowSpan all() const { return {0, size()}; }
    // One, unless repeats come in rounds; none without a row.
    std::size_t rounds() const { return ends_.size(); }
    RowSpan round(std::size_t i) const { return {i == 0 ? 0 : ends_[i - 1], ends_[i]}; }
    std::size_t width() const { return columns_.size(); }
    // The value: this row of this vector.
    struct Place {
        const Vector& vector;
        std::size_t row;
    };
    Place at(std::size_t row, std::size_t column) const {
        const Column& of = columns_[column];
        return {*of.vector, of.is_computed ? order_[row] : rows_[order_[row]]};
    }

    // The number of the row that it is made of.
    std::size_t in_batch(std::size_t row) const { return rows_[order_[row]]; }

  private:
    friend class RowRun;
    struct Column {
        const Vector* vector;
        bool is_computed;  // a value for each of rows_; else the batch's own
    };
    std::vector<Column> columns_;
    std::vector<std::uint32_t> rows_;   // of the batch: those that WHERE takes
    std::vector<std::uint32_t> order_;  // of rows_: those that are kept
    std::vector<std::size_t> ends_;     // of the rounds
};

// Selects the rows of a batch and computes what is to be stored of them. Declines like Program.
class RowProgram {
  public:
    static std::variant<RowProgram, Unsupported> compile(const Schema& schema,
                                                         const RowQuery& query);
    // What a run needs besides; one a thread.
    class Scratch;
    std::shared_ptr<Scratch> make_scratch() const;

    // nullptr: declined. The result holds until the next run with this scratch, as long as the
    // batch does.
    const SelectedRows* run(const Batch& batch, RowNumbers rows, Scratch& scratch) const;

  private:
    friend class RowRun;
    struct Output {
        Kind kind;
        std::optional<std::size_t> column;  // of the batch, as it is
        std::size_t result = 0;             // else: of values_
        ValueLimit limit = {};
    };

    RowFilter where_;
    Program values_;
    std::vector<Output> outputs_;
    std::vector<std::size_t> key_;  // of the outputs
    Repeats repeats_ = Repeats::dropped;
    bool in_key_order_ = false;
};

}  // namespace tidewheel::engine
