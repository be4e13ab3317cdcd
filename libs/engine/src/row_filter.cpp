#include "tidewheel/engine/row_filter.hpp"

#include <utility>

namespace tidewheel::engine {

std::variant<RowFilter, Unsupported> RowFilter::compile(const Schema& schema,
                                                        const std::optional<Expression>& where) {
    RowFilter filter;
    if (!where) return filter;
    if (where->type.kind != Kind::boolean) return Unsupported{"type " + where->type.sql};
    auto program = Program::compile(schema, {&*where, 1});
    if (auto* unsupported = std::get_if<Unsupported>(&program)) return std::move(*unsupported);
    filter.where_ = std::get<Program>(std::move(program));
    return filter;
}

RowFilter::Scratch::Scratch(const RowFilter& filter) {
    if (filter.where_) where_.emplace(*filter.where_);
}

void RowFilter::Scratch::release() {
    if (where_) where_->release();
}

bool RowFilter::select(const Batch& batch, RowNumbers rows, Scratch& scratch,
                       std::vector<std::uint32_t>& selected) const {
    if (!where_) {
        selected.insert(selected.end(), rows.begin(), rows.end());
        return true;
    }
    scratch.where_->forget();
    scratch.where_->restart(*where_);
    Values holds;
    if (!where_->run(0, batch, rows, *scratch.where_, holds)) return false;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!holds.is_null(i) && holds.as<std::uint8_t>()[i]) selected.push_back(rows[i]);
    return true;
}

}  // namespace tidewheel::engine
