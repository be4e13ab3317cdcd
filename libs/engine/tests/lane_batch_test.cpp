#include "tidewheel/engine/lane_batch.hpp"

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel::engine;
using std::chrono::seconds;

namespace {

Schema one_column() {
    Schema schema;
    schema.columns.push_back(
        {.name = "n", .type = {Kind::int64, -1, ""}, .path = {"n"}, .header = {}, .fallback = {}});
    return schema;
}

void fill(LaneBatch& to, std::int64_t records) {
    for (std::int64_t offset = 0; offset < records; ++offset) {
        Record record;
        record.offset = offset;
        record.value = "{}";
        to.batch.add(std::move(record), [](const Record& each, Batch& batch) {
            batch.column(0).set(batch.row(), each.offset);
            return std::optional<Reject>();
        });
    }
}

}  // namespace

TEST_CASE("a batch keeps the memory that it needs now and then, and gives back what it doesn't") {
    tidewheel::testing::FakeClock clock;
    clock.time += seconds(1000);
    const Schema schema = one_column();
    LaneBatches batches(schema, nullptr, clock);
    LaneBatch& batch = batches.filling();
    fill(batch, 10'000);
    const std::size_t large = batch.memory();
    batches.empty(batch);
    CHECK(batch.memory() == large);

    const auto store_a_small_one = [&](seconds later) {
        clock.time += later;
        fill(batch, 10);
        batches.empty(batch);
        return batch.memory();
    };
    CHECK(store_a_small_one(LaneBatches::keep_memory - seconds(1)) == large);
    fill(batch, 10'000);
    batches.empty(batch);  // needed again
    CHECK(store_a_small_one(LaneBatches::keep_memory - seconds(1)) == large);
    CHECK(store_a_small_one(seconds(1)) == 0);
    const std::size_t small = store_a_small_one(seconds(1));
    CHECK(small > 0);
    CHECK(small < large / 100);
}
