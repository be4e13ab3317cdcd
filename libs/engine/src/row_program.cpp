#include "tidewheel/engine/row_program.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <utility>

#include "key_order.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::engine {

class RowProgram::Scratch {
  public:
    explicit Scratch(const RowProgram& program) : where(program.where_), values(program.values_) {
        for (const Output& output : program.outputs_)
            computed.emplace_back(output.kind);
    }

    RowFilter::Scratch where;
    Program::Scratch values;
    std::vector<Vector> computed;  // by output
    KeyOrder order;
    std::vector<KeyColumn> key;
    SelectedRows rows;
};

// Selects from one batch, chunk by chunk.
class RowRun {
  public:
    RowRun(const RowProgram& program, const Batch& batch, RowProgram::Scratch& scratch)
        : program_(program), batch_(batch), scratch_(scratch), rows_(scratch.rows) {
        rows_.rows_.clear();
        scratch_.values.forget();
    }
    ~RowRun() {
        scratch_.where.release();
        scratch_.values.release();
    }
    RowRun(const RowRun&) = delete;
    RowRun& operator=(const RowRun&) = delete;

    bool add(RowNumbers rows) {
        const std::size_t before = rows_.rows_.size();
        if (!program_.where_.select(batch_, rows, scratch_.where, rows_.rows_)) return false;
        const RowNumbers selected = RowNumbers(rows_.rows_).subspan(before);
        if (selected.empty()) return true;
        scratch_.values.restart(program_.values_);
        for (std::size_t i = 0; i < program_.outputs_.size(); ++i)
            if (!program_.outputs_[i].column && !compute(i, selected, before)) return false;
        return std::ranges::all_of(std::views::iota(std::size_t{0}, program_.outputs_.size()),
                                   [&](std::size_t i) { return fits(i, selected, before); });
    }

    bool finish() {
        rows_.columns_.clear();
        for (std::size_t i = 0; i < program_.outputs_.size(); ++i) {
            const auto& column = program_.outputs_[i].column;
            rows_.columns_.push_back(
                {column ? &batch_.column(*column) : &scratch_.computed[i], !column});
        }
        return put_in_order();
    }

  private:
    bool compute(std::size_t output, RowNumbers rows, std::size_t first) {
        Values values;
        if (!program_.values_.run(program_.outputs_[output].result, batch_, rows, scratch_.values,
                                  values))
            return false;
        Vector& to = scratch_.computed[output];
        to.resize(first);
        to.resize(first + rows.size());
        to.put(first, rows.size(), values.data, values.has_nulls ? values.nulls : nullptr);
        return true;
    }

    bool fits(std::size_t output, RowNumbers rows, std::size_t first) const {
        const auto& [kind, column, result, limit] = program_.outputs_[output];
        if (limit == ValueLimit()) return true;
        const Vector& values = column ? batch_.column(*column) : scratch_.computed[output];
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::size_t place = column ? rows[i] : first + i;
            if (values.is_null(place) ? !limit.nullable : is_longer(values, place, limit))
                return false;
        }
        return true;
    }

    static bool is_longer(const Vector& values, std::size_t place, const ValueLimit& limit) {
        if (!limit.characters) return false;
        const auto text = values.at<std::string_view>(place);
        const auto most = static_cast<std::size_t>(*limit.characters);
        return text.size() > most && characters(text) > most;
    }

    bool put_in_order() {
        rows_.ends_.clear();
        const bool known = program_.key_.empty() ? keep_all() : order_by_key();
        if (rows_.ends_.empty() && rows_.size() > 0) rows_.ends_.push_back(rows_.size());
        return known;
    }

    bool keep_all() {
        rows_.order_.resize(rows_.rows_.size());
        std::iota(rows_.order_.begin(), rows_.order_.end(), 0u);
        return true;
    }

    bool order_by_key() {
        std::vector<std::uint32_t>& order = rows_.order_;
        scratch_.key.clear();
        for (const std::size_t output : program_.key_) {
            const SelectedRows::Column& column = rows_.columns_[output];
            scratch_.key.push_back(
                {column.vector, column.is_computed ? nullptr : rows_.rows_.data()});
        }
        if (!scratch_.order.sort(scratch_.key, rows_.rows_.size(), order)) return false;
        if (program_.repeats_ == Repeats::in_rounds || program_.repeats_ == Repeats::last_first)
            return scratch_.order.split(scratch_.key, program_.repeats_ == Repeats::last_first,
                                        order, rows_.ends_);
        if (program_.repeats_ == Repeats::dropped &&
            !scratch_.order.keep_first(scratch_.key, order))
            return false;
        if (!program_.in_key_order_) std::ranges::sort(order);
        return true;
    }

    const RowProgram& program_;
    const Batch& batch_;
    RowProgram::Scratch& scratch_;
    SelectedRows& rows_;
};

std::variant<RowProgram, Unsupported> RowProgram::compile(const Schema& schema,
                                                          const RowQuery& query) {
    RowProgram program;
    std::vector<Expression> computed;
    for (const Expression& value : query.values) {
        if (value.type.kind == Kind::other) return Unsupported{"type " + value.type.sql};
        if (value.node == Expression::Node::column) {
            program.outputs_.push_back({value.type.kind, value.column});
        } else {
            program.outputs_.push_back({value.type.kind, {}, computed.size()});
            computed.push_back(value);
        }
    }
    for (std::size_t i = 0; i < query.limits.size(); ++i)
        program.outputs_.at(i).limit = query.limits[i];
    for (const std::size_t column : query.key)
        if (!can_order_by(query.values.at(column).type.kind))
            return Unsupported{"a key of type " + query.values[column].type.sql};
    program.key_ = query.key;
    program.repeats_ = query.repeats;
    program.in_key_order_ = query.in_key_order;
    auto values = Program::compile(schema, computed);
    if (auto* unsupported = std::get_if<Unsupported>(&values)) return std::move(*unsupported);
    program.values_ = std::get<Program>(std::move(values));
    auto where = RowFilter::compile(schema, query.where);
    if (auto* unsupported = std::get_if<Unsupported>(&where)) return std::move(*unsupported);
    program.where_ = std::get<RowFilter>(std::move(where));
    return program;
}

std::shared_ptr<RowProgram::Scratch> RowProgram::make_scratch() const {
    return std::make_shared<Scratch>(*this);
}

const SelectedRows* RowProgram::run(const Batch& batch, RowNumbers rows, Scratch& scratch) const {
    RowRun run(*this, batch, scratch);
    const bool done =
        in_chunks(rows, [&](RowNumbers chunk) { return run.add(chunk); }) && run.finish();
    return done ? &scratch.rows : nullptr;
}

}  // namespace tidewheel::engine
