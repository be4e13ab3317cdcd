#include <atomic>
#include <cstdlib>
#include <new>

#include "store_events.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/testing/catch.hpp"

static std::atomic<long> allocations = 0;

// All that the two below give back: a sanitizer has one of its own for whatever is missing here.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}
void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

using namespace tidewheel;

namespace {

void fill(engine::Batch& batch, engine::Decoder& decoder) {
    for (int i = 0; i < 10'000; ++i) {
        engine::Record record;
        record.value = codec::sale;
        record.key = "store-7";
        record.read_headers = [](const void*, std::vector<engine::Header>& to) {
            to.push_back({"event_type", "sale_event"});
        };
        record.offset = i;
        batch.add(std::move(record), [&decoder](const engine::Record& r, engine::Batch& b) {
            return decoder.decode(r, b);
        });
    }
}

}  // namespace

TEST_CASE("decoding 10,000 store events allocates nothing once the batch has grown") {
    const engine::Schema schema = codec::store_events();
    const auto decoder = codec::make_json_decoder(schema);
    engine::Batch batch(schema);
    fill(batch, *decoder);
    REQUIRE(batch.rows() == 10'000);
    batch.clear();

    const long before = allocations;
    REQUIRE(before > 0);
    fill(batch, *decoder);
    const long after = allocations;
    CHECK(after - before == 0);
    CHECK(batch.rows() == 10'000);
}
