#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include "avro_samples.hpp"
#include "store_events.hpp"
#include "tidewheel/codec/avro_decoder.hpp"
#include "tidewheel/codec/csv_decoder.hpp"
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

void fill(engine::Batch& batch, engine::Decoder& decoder, std::string_view value) {
    for (int i = 0; i < 10'000; ++i) {
        engine::Record record;
        record.value = value;
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

// The second time: the first one lets the batch grow.
void require_no_allocation(const engine::Schema& schema, engine::Decoder& decoder,
                           std::string_view value = codec::sale) {
    engine::Batch batch(schema);
    fill(batch, decoder, value);
    REQUIRE(batch.rows() == 10'000);
    batch.clear();
    const long before = allocations;
    REQUIRE(before > 0);
    fill(batch, decoder, value);
    const long after = allocations;
    CHECK(after - before == 0);
    CHECK(batch.rows() == 10'000);
}

}  // namespace

TEST_CASE("decoding 10,000 store events allocates nothing once the batch has grown") {
    const engine::Schema schema = codec::store_events();
    const auto decoder = codec::make_json_decoder(schema);
    require_no_allocation(schema, *decoder);
}

TEST_CASE("records of Avro allocate nothing, once the table for their schema is made") {
    const engine::Schema schema = codec::store_events();
    const auto decoder = codec::make_avro_decoder(schema, codec::test::store_event);
    require_no_allocation(schema, *decoder, codec::test::store_event_record);
}

TEST_CASE("times as numbers allocate nothing either, of whatever unit and length") {
    engine::Schema schema;
    for (const auto& [name, unit] : {std::pair{"s", engine::EpochUnit::second},
                                     std::pair{"ms", engine::EpochUnit::millisecond},
                                     std::pair{"us", engine::EpochUnit::microsecond},
                                     std::pair{"ns", engine::EpochUnit::nanosecond}}) {
        schema.columns.push_back(
            codec::column(name, {engine::Kind::timestamptz, -1, "timestamp with time zone"}));
        schema.columns.back().epoch = unit;
    }
    const auto decoder = codec::make_json_decoder(schema);
    constexpr std::string_view value =
        R"({"s":1714979289.5,"ms":1714979289123,"us":1714979289123456,"ns":1714979289123456789})";
    require_no_allocation(schema, *decoder, value);
}

TEST_CASE("rows of CSV allocate nothing, quoted or not") {
    engine::Schema schema;
    schema.columns = {codec::column("id", {engine::Kind::int64, -1, "bigint"}),
                      codec::column("note", {engine::Kind::text, -1, "text"}),
                      codec::column("more", {engine::Kind::jsonb, -1, "jsonb"}),
                      codec::column("numbers", {engine::Kind::other, -1, "integer[]"})};
    const auto decoder = codec::make_csv_decoder(schema, {});
    constexpr std::string_view value =
        "1714979289123,\"a note of some \"\"words\"\"\",\"{\"\"a\"\": [1, 2]}\",\"{1,2}\"\r\n";
    require_no_allocation(schema, *decoder, value);
}
