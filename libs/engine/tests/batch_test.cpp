#include "tidewheel/engine/batch.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;

namespace {

Schema one_column(Kind kind) {
    Schema schema;
    schema.columns.push_back(
        {.name = "ts", .type = {kind, -1, ""}, .path = {"ts"}, .header = {}, .fallback = {}});
    schema.event_time = 0;
    return schema;
}

Record record_at(std::int64_t offset, std::string_view value = "{}") {
    Record record;
    record.offset = offset;
    record.value = value;
    return record;
}

auto writing(std::int64_t moment) {
    return [moment](const Record&, Batch& batch) -> std::optional<Reject> {
        batch.column(0).set(batch.row(), moment);
        return std::nullopt;
    };
}

auto refusing_after_writing(std::int64_t moment) {
    return [moment](const Record&, Batch& batch) -> std::optional<Reject> {
        batch.column(0).set(batch.row(), moment);
        return Reject{Reason::wrong_type, "because", "ts"};
    };
}

std::optional<Reject> write_nothing(const Record&, Batch&) {
    return std::nullopt;
}

}  // namespace

TEST_CASE("a refused record keeps its reason and leaves nothing behind in its row") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    batch.add(record_at(7), writing(70));
    batch.add(record_at(8), refusing_after_writing(80));
    batch.add(record_at(9), write_nothing);

    REQUIRE(batch.rows() == 2);
    CHECK(batch.records().size() == 3);
    CHECK(batch.column(0).at<std::int64_t>(0) == 70);
    CHECK(batch.column(0).is_null(1));
    CHECK(batch.record_of(1).offset == 9);
    REQUIRE(batch.rejected().size() == 1);
    CHECK(batch.rejected()[0].record == 1);
    CHECK(batch.rejected()[0].reject.reason == Reason::wrong_type);
    CHECK(batch.watermark() == 70);
    CHECK(batch.bytes() == 6);
}

TEST_CASE("a batch that is used again starts with nulls only") {
    const Schema schema = one_column(Kind::timestamptz);
    Batch batch(schema);
    for (int i = 0; i < 3000; ++i)
        batch.add(record_at(i), writing(i));
    CHECK(batch.watermark() == 2999);
    batch.clear();
    CHECK(batch.empty());
    CHECK(batch.bytes() == 0);
    CHECK(batch.watermark() == std::nullopt);
    for (int i = 0; i < 3000; ++i)
        batch.add(record_at(i), write_nothing);
    for (std::size_t row = 0; row < 3000; ++row)
        REQUIRE(batch.column(0).is_null(row));
}

TEST_CASE("the watermark of dates is in microseconds, too") {
    const Schema schema = one_column(Kind::date);
    Batch batch(schema);
    batch.add(record_at(0), [](const Record&, Batch& target) -> std::optional<Reject> {
        target.column(0).set(target.row(), std::int32_t{2});
        return std::nullopt;
    });
    CHECK(batch.watermark() == 172'800'000'000);
}

TEST_CASE("a vector grows row by row without losing values or nulls") {
    Vector vector(Kind::int32);
    for (std::int32_t row = 0; row < 200; ++row) {
        vector.resize(static_cast<std::size_t>(row) + 1);
        REQUIRE(vector.is_null(static_cast<std::size_t>(row)));
        if (row % 3 == 0) vector.set(static_cast<std::size_t>(row), row);
    }
    for (std::int32_t row = 0; row < 200; ++row) {
        const auto at = static_cast<std::size_t>(row);
        REQUIRE(vector.is_null(at) == (row % 3 != 0));
        if (row % 3 == 0) REQUIRE(vector.at<std::int32_t>(at) == row);
    }
    vector.resize(63);
    vector.resize(200);
    CHECK(vector.is_null(63));
    CHECK(vector.at<std::int32_t>(60) == 60);
}

TEST_CASE("an arena keeps what it holds until it is emptied, and huge blocks not beyond that") {
    Arena arena;
    std::vector<std::string_view> copies;
    for (int i = 0; i < 100; ++i)
        copies.push_back(arena.copy(std::string(10'000, static_cast<char>('a' + i % 26))));
    for (int i = 0; i < 100; ++i)
        REQUIRE(copies[static_cast<std::size_t>(i)] ==
                std::string(10'000, static_cast<char>('a' + i % 26)));
    CHECK(arena.used() == 1'000'000);
    const char* first = copies.front().data();
    arena.allocate(5'000'000);
    arena.clear();
    CHECK(arena.used() == 0);
    CHECK(arena.allocate(100) == first);
    CHECK(arena.copy("").empty());
}
