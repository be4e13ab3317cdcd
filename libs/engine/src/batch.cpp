#include "tidewheel/engine/batch.hpp"

#include <algorithm>

namespace tidewheel::engine {

static std::size_t width_of(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return sizeof(std::uint8_t);
        case Kind::int16:
        case Kind::int32:
        case Kind::date:
            return sizeof(std::int32_t);
        case Kind::int64:
        case Kind::time:
        case Kind::timestamp:
        case Kind::timestamptz:
            return sizeof(std::int64_t);
        case Kind::float32:
        case Kind::float64:
            return sizeof(double);
        case Kind::uuid:
            return sizeof(Uuid);
        case Kind::numeric:
        case Kind::text:
        case Kind::varchar:
        case Kind::json:
        case Kind::jsonb:
        case Kind::other:
            break;
    }
    return sizeof(std::string_view);
}

Vector::Vector(Kind kind) : kind_(kind), width_(width_of(kind)) {}

// The bits behind the last row are always set, so rows that come later are born null.
void Vector::resize(std::size_t rows) {
    constexpr std::uint64_t all_null = ~std::uint64_t{0};
    nulls_.resize((rows + 63) / 64, all_null);
    if (rows % 64 != 0) nulls_.back() |= all_null << (rows % 64);
    if (data_.size() < rows * width_) data_.resize(rows * width_);
}

Batch::Batch(const Schema& schema) : schema_(&schema) {
    columns_.reserve(schema.columns.size());
    for (const Column& column : schema.columns)
        columns_.emplace_back(column.type.kind);
}

void Batch::clear() {
    records_.clear();
    record_of_row_.clear();
    rejected_.clear();
    arena_.clear();
    rows_ = bytes_ = 0;
    resize_columns(0);
    resize_columns(capacity_);
}

std::optional<std::int64_t> Batch::watermark(std::span<const std::size_t> except) const {
    if (schema_->event_time < 0) return std::nullopt;
    constexpr std::int64_t microseconds_per_day = 86'400'000'000;
    const Vector& time = columns_[static_cast<std::size_t>(schema_->event_time)];
    std::optional<std::int64_t> latest;
    for (std::size_t row = 0; row < rows_; ++row) {
        if (time.is_null(row) || std::binary_search(except.begin(), except.end(), row)) continue;
        const std::int64_t moment = time.kind() == Kind::date
                                        ? time.at<std::int32_t>(row) * microseconds_per_day
                                        : time.at<std::int64_t>(row);
        latest = std::max(latest.value_or(moment), moment);
    }
    return latest;
}

void Batch::grow() {
    if (rows_ < capacity_) return;
    capacity_ = std::max<std::size_t>(1024, capacity_ * 2);
    resize_columns(capacity_);
}

void Batch::accept_newest() {
    record_of_row_.push_back(static_cast<std::uint32_t>(records_.size() - 1));
    ++rows_;
}

// What the decoder wrote before it gave up must not shine through in the next record's row.
void Batch::reject_newest(Reject reject) {
    for (Vector& column : columns_)
        column.set_null(rows_);
    rejected_.push_back({records_.size() - 1, std::move(reject)});
}

void Batch::resize_columns(std::size_t rows) {
    for (Vector& column : columns_)
        column.resize(rows);
}

}  // namespace tidewheel::engine
