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

// SELECT values FROM the batch WHERE where.
struct RowQuery {
    std::optional<Expression> where;
    std::vector<Expression> values;
    // Of the values. Of rows that are equal in all of these, and NULL in none, only the first one
    // is kept. Empty: all rows are.
    std::vector<std::size_t> key;
    // The rows come in the order of the key, texts by their bytes; else as in the batch.
    bool in_key_order = false;
    bool operator==(const RowQuery&) const = default;
};

// What a query yields. Texts are views into the batch.
class SelectedRows {
  public:
    std::size_t size() const { return order_.size(); }
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

  private:
    friend class RowRun;
    struct Column {
        const Vector* vector;
        bool is_computed;  // a value for each of rows_; else the batch's own
    };
    std::vector<Column> columns_;
    std::vector<std::uint32_t> rows_;   // of the batch: those that WHERE takes
    std::vector<std::uint32_t> order_;  // of rows_: those that are kept
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
    };

    RowFilter where_;
    Program values_;
    std::vector<Output> outputs_;
    std::vector<std::size_t> key_;  // of the outputs
    bool in_key_order_ = false;
};

}  // namespace tidewheel::engine
