#include "tidewheel/engine/batch.hpp"

#include <algorithm>

namespace tidewheel::engine {

std::size_t width_of(Kind kind) {
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
        case Kind::numeric:
            return sizeof(Numeric);
        case Kind::uuid:
            return sizeof(Uuid);
        case Kind::text:
        case Kind::varchar:
        case Kind::json:
        case Kind::jsonb:
        case Kind::bytea:
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

void Vector::put(std::size_t first, std::size_t rows, const std::byte* values,
                 const std::uint8_t* nulls) {
    std::memcpy(data_.data() + first * width_, values, rows * width_);
    for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t row = first + i;
        const std::uint64_t bit = std::uint64_t{1} << (row % 64);
        if (nulls && nulls[i])
            nulls_[row / 64] |= bit;
        else
            nulls_[row / 64] &= ~bit;
    }
}

template <std::size_t width>
static void gather_values(std::span<const std::uint32_t> rows, const std::byte* from,
                          std::byte* to) {
    for (const std::uint32_t row : rows) {
        std::memcpy(to, from + row * width, width);
        to += width;
    }
}

void Vector::gather(std::span<const std::uint32_t> rows, std::byte* to) const {
    switch (width_) {
        case 1:
            return gather_values<1>(rows, data_.data(), to);
        case 4:
            return gather_values<4>(rows, data_.data(), to);
        case 8:
            return gather_values<8>(rows, data_.data(), to);
        case 16:
            return gather_values<16>(rows, data_.data(), to);
        default:
            assert(width_ == sizeof(Numeric));
            return gather_values<sizeof(Numeric)>(rows, data_.data(), to);
    }
}

Batch::Batch(const Schema& schema) : schema_(&schema) {
    columns_.reserve(schema.columns.size());
    for (const Column& column : schema.columns)
        columns_.emplace_back(column.type.kind);
    record_footprint_ = sizeof(Record);
    for (const Column& column : schema.columns)
        record_footprint_ += 2 * width_of(column.type.kind);  // and its place in the COPY
}

void Batch::release() {
    clear();
    arena_.release();
    capacity_ = 0;
    std::vector<Record>().swap(records_);
    std::vector<std::uint32_t>().swap(record_of_row_);
    std::vector<RejectedRecord>().swap(rejected_);
    for (Vector& column : columns_)
        column = Vector(column.kind());
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

namespace {

// What a record of another batch views.
struct Taken {
    std::shared_ptr<const Arena> memory;
    decltype(Record::owner) headers;
    decltype(Record::read_headers) read_headers;
};

void read_taken_headers(const void* owner, std::vector<Header>& to) {
    const auto& taken = *static_cast<const Taken*>(owner);
    taken.read_headers(taken.headers.get(), to);
}

}  // namespace

std::vector<Record> Batch::take_records() {
    const auto memory = std::make_shared<const Arena>(std::exchange(arena_, Arena()));
    for (Record& record : records_) {
        auto taken =
            std::make_unique<Taken>(Taken{memory, std::move(record.owner), record.read_headers});
        record.read_headers = record.read_headers ? read_taken_headers : nullptr;
        record.owner = {taken.release(), [](void* owned) { delete static_cast<Taken*>(owned); }};
    }
    std::vector<Record> records = std::exchange(records_, {});
    clear();
    return records;
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

// What the decoder wrote before it gave up must not show in the next record's row.
void Batch::forget_row() {
    for (Vector& column : columns_)
        column.set_null(rows_);
}

void Batch::reject_newest(Reject reject) {
    forget_row();
    rejected_.push_back({records_.size() - 1, std::move(reject)});
}

void Batch::resize_columns(std::size_t rows) {
    for (Vector& column : columns_)
        column.resize(rows);
}

}  // namespace tidewheel::engine
