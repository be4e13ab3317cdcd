#include <algorithm>
#include <cstring>

#include "branch.hpp"
#include "logic.hpp"
#include "program_steps.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {
namespace {

constexpr std::size_t most_rows = Program::most_rows;
using Operation = Program::Step::Operation;

void copy_value(std::size_t width, const Values& from, std::size_t row, const Values& to,
                std::size_t at) {
    std::memcpy(to.data + at * width, from.data + row * width, width);
}

void load(const Vector& column, RowNumbers rows, Values& to) {
    column.gather(rows, to.data);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        to.nulls[i] = column.is_null(rows[i]);
        to.has_nulls |= to.nulls[i] != 0;
    }
}

// PostgreSQL refuses now() of a record without a time.
bool load_times(const Batch& batch, RowNumbers rows, Values& to) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto time = finite_time(batch.record_of(rows[i]).timestamp);
        if (!time) return false;
        to.as<std::int64_t>()[i] = *time;
    }
    return true;
}

}  // namespace

Program::Scratch::Scratch(const Program& program) : registers_(program.code_->steps.size()) {
    restart(program);
}

// Evaluates steps over some rows of a batch.
class Evaluation {
  public:
    Evaluation(const Program& program, const Batch& batch, Program::Scratch& scratch)
        : program_(program), batch_(batch), scratch_(scratch) {}

    bool run(std::size_t index, RowNumbers rows) {
        auto& target = scratch_.registers_[index];
        if (target.is_done) return true;
        const Program::Step& step = program_.code_->steps[index];
        target.values.has_nulls = false;
        target.values.texts = &scratch_.texts_;
        if (!run(step, rows, target.values)) return false;
        return target.is_done = true;
    }

  private:
    const Values& values(std::size_t index) const { return scratch_.registers_[index].values; }

    bool run(const Program::Step& step, RowNumbers rows, Values& to) {
        switch (step.operation) {
            case Operation::column:
                load(batch_.column(step.column), rows, to);
                return true;
            case Operation::record_time:
                return load_times(batch_, rows, to);
            case Operation::constant:
                return true;
            case Operation::call:
                return call(step, rows, to);
            case Operation::all_of:
            case Operation::any_of:
            case Operation::negation:
            case Operation::is_null:
            case Operation::is_true:
            case Operation::is_false:
                return judge(step, rows, to);
            case Operation::distinct:
                return distinct(step, rows, to);
            case Operation::nullif:
                return nullif(step, rows, to);
            case Operation::one_of:
                return one_of(step, rows, to);
            case Operation::choose:
                return choose(step, rows, to);
            case Operation::coalesce:
                return coalesce(step, rows, to);
        }
        return false;
    }

    bool judge(const Program::Step& step, RowNumbers rows, Values& to) {
        if (!run_arguments(step, rows)) return false;
        arguments_.clear();
        for (const std::size_t argument : step.arguments)
            arguments_.push_back(values(argument));
        const Values& only = arguments_.front();
        switch (step.operation) {
            case Operation::all_of:
                combine(arguments_, rows.size(), 0, to);
                return true;
            case Operation::any_of:
                combine(arguments_, rows.size(), 1, to);
                return true;
            case Operation::negation:
                negate(only, rows.size(), to);
                return true;
            case Operation::is_null:
                test_null(only, rows.size(), step.value, to);
                return true;
            default:
                test_truth(only, rows.size(), step.operation == Operation::is_true, step.value, to);
                return true;
        }
    }

    bool run_arguments(const Program::Step& step, RowNumbers rows) {
        return std::ranges::all_of(step.arguments,
                                   [&](std::size_t argument) { return run(argument, rows); });
    }

    bool call(const Program::Step& step, RowNumbers rows, Values& to) {
        if (!run_arguments(step, rows)) return false;
        arguments_.clear();
        for (const std::size_t argument : step.arguments)
            arguments_.push_back(values(argument));
        return call(step, arguments_, rows.size(), to);
    }

    // over_rows() fills in the nulls where an argument has some.
    static bool call(const Program::Step& step, std::span<const Values> arguments, std::size_t rows,
                     Values& to) {
        to.has_nulls = std::ranges::any_of(arguments, &Values::has_nulls);
        return step.kernel(step.call, arguments, rows, to);
    }

    // Whether two values are equal, where both are there.
    bool equal(const Program::Step& step, std::size_t a, std::size_t b, std::size_t rows) {
        const std::array<Values, 2> arguments{values(a), values(b)};
        Values result{Kind::boolean, equal_.data(), equal_nulls_.data(), false};
        return call(step, arguments, rows, result);
    }
    bool is_equal(std::size_t row) const { return equal_[row] != std::byte{0}; }

    bool distinct(const Program::Step& step, RowNumbers rows, Values& to) {
        const std::size_t a = step.arguments[0], b = step.arguments[1];
        if (!run_arguments(step, rows) || !equal(step, a, b, rows.size())) return false;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const bool no_a = values(a).is_null(row), no_b = values(b).is_null(row);
            to.as<std::uint8_t>()[row] = no_a || no_b ? no_a != no_b : !is_equal(row);
        }
        return true;
    }

    bool nullif(const Program::Step& step, RowNumbers rows, Values& to) {
        const std::size_t a = step.arguments[0], b = step.arguments[1];
        if (!run_arguments(step, rows) || !equal(step, a, b, rows.size())) return false;
        std::memcpy(to.data, values(a).data, rows.size() * width_of(step.kind));
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const bool no_a = values(a).is_null(row);
            to.nulls[row] = no_a || (!values(b).is_null(row) && is_equal(row));
            to.has_nulls |= to.nulls[row] != 0;
        }
        return true;
    }

    bool one_of(const Program::Step& step, RowNumbers rows, Values& to) {
        if (!run_arguments(step, rows)) return false;
        auto* result = to.as<std::uint8_t>();
        std::fill_n(result, rows.size(), std::uint8_t{0});
        std::fill_n(to.nulls, rows.size(), std::uint8_t{0});
        for (std::size_t i = 1; i < step.arguments.size(); ++i) {
            const std::size_t a = step.arguments[0], b = step.arguments[i];
            if (!equal(step, a, b, rows.size())) return false;
            for (std::size_t row = 0; row < rows.size(); ++row) {
                const bool unknown = values(a).is_null(row) || values(b).is_null(row);
                to.nulls[row] |= unknown;
                result[row] |= !unknown && is_equal(row);
            }
        }
        for (std::size_t row = 0; row < rows.size(); ++row) {
            to.nulls[row] = to.nulls[row] && !result[row];
            to.has_nulls |= to.nulls[row] != 0;
        }
        return true;
    }

    // Puts what a branch has computed in its place.
    bool take(const Program::Step& step, std::size_t index, const Branch& branch, Values& to) {
        if (branch.size == 0) return true;
        if (!run(index, branch.numbers())) return false;
        const std::size_t width = width_of(step.kind);
        for (std::size_t i = 0; i < branch.size; ++i) {
            const std::size_t place = branch.places[i];
            to.nulls[place] = values(index).is_null(i);
            to.has_nulls |= to.nulls[place] != 0;
            copy_value(width, values(index), i, to, place);
        }
        return true;
    }

    bool choose(const Program::Step& step, RowNumbers rows, Values& to) {
        Branch left, taken;
        left.add_all(rows);
        for (std::size_t i = 0; i + 1 < step.arguments.size() && left.size > 0; i += 2) {
            if (!run(step.arguments[i], left.numbers())) return false;
            const Values& condition = values(step.arguments[i]);
            taken.size = 0;
            left.remove_if([&](std::size_t at) {
                const bool holds = !condition.is_null(at) && condition.as<std::uint8_t>()[at];
                if (holds) taken.add(left.rows[at], left.places[at]);
                return holds;
            });
            if (!take(step, step.arguments[i + 1], taken, to)) return false;
        }
        return take(step, step.arguments.back(), left, to);
    }

    bool coalesce(const Program::Step& step, RowNumbers rows, Values& to) {
        Branch left;
        left.add_all(rows);
        for (const std::size_t argument : step.arguments) {
            if (!take(step, argument, left, to)) return false;
            left.remove_if([&](std::size_t at) { return !to.nulls[left.places[at]]; });
        }
        to.has_nulls = left.size > 0;
        return true;
    }

    const Program& program_;
    const Batch& batch_;
    Program::Scratch& scratch_;
    std::vector<Values> arguments_;  // of the call at hand
    std::array<std::byte, most_rows> equal_;
    std::array<std::uint8_t, most_rows> equal_nulls_;
};

bool Program::run(std::size_t i, const Batch& batch, RowNumbers rows, Scratch& scratch,
                  Values& values) const {
    scratch.reserve(*this, rows.size());
    Evaluation evaluation(*this, batch, scratch);
    const std::size_t step = code_->results[i];
    if (!evaluation.run(step, rows)) return false;
    values = scratch.registers_[step].values;
    return true;
}

void Program::Scratch::restart(const Program& program) {
    for (std::size_t i = 0; i < registers_.size(); ++i)
        registers_[i].is_done = program.code_->steps[i].operation == Operation::constant;
}

void Program::Scratch::release() {
    memory_.reset();
    rows_ = 0;
}

// A multiple of 64 rows aligns all registers. Constants are put in once, for all runs.
void Program::Scratch::reserve(const Program& program, std::size_t rows) {
    if (rows <= rows_) return;
    rows_ = (rows + 63) / 64 * 64;
    const auto& steps = program.code_->steps;
    std::size_t row_bytes = 0;
    for (const Step& step : steps)
        row_bytes += width_of(step.kind) + sizeof(std::uint8_t);
    memory_ = std::make_unique_for_overwrite<std::byte[]>(row_bytes * rows_);
    std::byte* next = memory_.get();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step& step = steps[i];
        const std::size_t width = width_of(step.kind);
        Values& values = registers_[i].values;
        values = {step.kind, next, reinterpret_cast<std::uint8_t*>(next + width * rows_), false};
        next += (width + sizeof(std::uint8_t)) * rows_;
        if (step.operation != Operation::constant) continue;
        values.has_nulls = step.is_null;
        std::fill_n(values.nulls, rows_, step.is_null);
        for (std::size_t row = 0; row < rows_ && !step.is_null; ++row)
            std::memcpy(values.data + row * width, step.bits.data(), width);
    }
}

}  // namespace tidewheel::engine
