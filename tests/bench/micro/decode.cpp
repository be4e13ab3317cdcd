// What a record costs on its way from JSON, Avro or CSV to the binary COPY, in memory and in one thread: decoding
// a store event into a batch, and encoding a row of that batch. An iteration is one record or row.
//   bench_decode [--benchmark_…] [RECORDS]
// RECORDS fixes the number of iterations, for programs that count instructions.
#include <benchmark/benchmark.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "avro_records.hpp"
#include "csv_records.hpp"
#include "producer/store_event.hpp"
#include "store_events.hpp"
#include "tidewheel/codec/avro_decoder.hpp"
#include "tidewheel/codec/csv_decoder.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"

using namespace tidewheel;

namespace {

constexpr std::size_t batch_rows = 5'000;
constexpr int partition = 1, partitions = 4;

// What one partition of the topic holds: larger than a processor's second cache, like what Kafka
// delivers.
std::vector<std::string> make_records() {
    const producer::StoreEvents events({.seed = 1,
                                        .bad = {},
                                        .late = {},
                                        .duplicates = {},
                                        .start = std::chrono::sys_days(std::chrono::days(20'000)),
                                        .step = std::chrono::milliseconds(1),
                                        .store_fqdn = "store-01.test",
                                        .store_ip = "10.20.30.40"});
    std::vector<std::string> records;
    for (std::uint64_t number = 0; records.size() < 20'000; ++number) {
        const producer::StoreEvent event = events.event(number);
        if (partition_of(event, partitions) != partition) continue;
        events.append_json(event, records.emplace_back());
    }
    return records;
}

const std::vector<std::string>& records() {
    static const std::vector<std::string> made = make_records();
    return made;
}

engine::Schema all_columns() {
    engine::Schema schema = codec::store_events();
    schema.route = {schema.find("event_type"),
                    {{"inventory_event", {0, 2}}, {"sale_event", {1, 3}}}};
    return schema;
}

// What the two views of the pipeline read.
engine::Schema columns_of_views() {
    engine::Schema schema = all_columns();
    schema.needed.assign(schema.columns.size(), false);
    for (const std::string_view name :
         {"event_type", "store_id", "price", "qty", "discount", "ts", "is_return"})
        schema.needed[static_cast<std::size_t>(schema.find(name))] = true;
    return schema;
}

void add_record(engine::Decoder& decoder, engine::Batch& batch, const std::string& value) {
    engine::Record record;
    record.value = value;
    record.partition = partition;
    batch.add(std::move(record),
              [&](const auto& each, auto& into) { return decoder.decode(each, into); });
}

// Out of line, so that instructions can be counted in here alone.
[[gnu::noinline]] void decode_record(engine::Decoder& decoder, engine::Batch& batch,
                                     const std::string& value) {
    if (batch.rows() == batch_rows) batch.clear();
    add_record(decoder, batch, value);
}

[[gnu::noinline]] void encode_row(postgres::CopyEncoder& out, const engine::Batch& batch,
                                  std::size_t row) {
    if (row == 0) out.begin();
    const std::size_t columns = batch.schema().columns.size();
    out.row(static_cast<std::int16_t>(columns));
    for (std::size_t column = 0; column < columns; ++column)
        encode(out, batch.column(column), row);
    if (row + 1 == batch.rows()) out.finish();
}

// The same events, of which each is good.
const std::vector<std::string>& avro_records() {
    static const std::vector<std::string> made = [] {
        const engine::Schema schema = all_columns();
        const auto decoder = codec::make_json_decoder(schema);
        std::vector<std::string> all;
        for (const std::string& json : records()) {
            engine::Batch batch(schema);
            add_record(*decoder, batch, json);
            all.push_back(bench::avro_record(batch, 0));
        }
        return all;
    }();
    return made;
}

const std::vector<std::string>& csv_records() {
    static const std::vector<std::string> made = [] {
        const engine::Schema schema = all_columns();
        std::vector<std::string> all;
        for (const std::string& json : records())
            all.push_back(bench::csv_record(schema, json));
        return all;
    }();
    return made;
}

void decode(benchmark::State& state, const engine::Schema& schema, engine::Decoder& decoder,
            const std::vector<std::string>& values) {
    engine::Batch batch(schema);
    std::size_t bytes = 0, next = 0;
    for ([[maybe_unused]] auto _ : state) {
        const std::string& value = values[next];
        decode_record(decoder, batch, value);
        bytes += value.size();
        if (++next == values.size()) next = 0;
    }
    if (!batch.rejected().empty())
        state.SkipWithError(batch.rejected().front().reject.detail.c_str());
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
    state.counters["bytes"] =
        benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}

void decode_json(benchmark::State& state, const engine::Schema& schema) {
    decode(state, schema, *codec::make_json_decoder(schema), records());
}

void decode_avro(benchmark::State& state, const engine::Schema& schema) {
    decode(state, schema, *codec::make_avro_decoder(schema, codec::test::store_event),
           avro_records());
}

void decode_csv(benchmark::State& state, const engine::Schema& schema) {
    decode(state, schema, *codec::make_csv_decoder(schema, {}), csv_records());
}

void encode_rows(benchmark::State& state, const engine::Schema& schema) {
    const auto decoder = codec::make_json_decoder(schema);
    engine::Batch batch(schema);
    for (std::size_t i = 0; i < batch_rows; ++i)
        decode_record(*decoder, batch, records()[i]);
    postgres::CopyEncoder out;
    std::size_t bytes = 0, row = 0;
    for ([[maybe_unused]] auto _ : state) {
        encode_row(out, batch, row);
        if (++row < batch.rows()) continue;
        bytes = out.payload().size();
        row = 0;
    }
    state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(batch.rows());
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const engine::Schema all = all_columns(), views = columns_of_views();
    const std::vector<benchmark::internal::Benchmark*> benchmarks = {
        benchmark::RegisterBenchmark("decode", [&](auto& state) { decode_json(state, all); }),
        benchmark::RegisterBenchmark("decode_for_views",
                                     [&](auto& state) { decode_json(state, views); }),
        benchmark::RegisterBenchmark("decode_avro", [&](auto& state) { decode_avro(state, all); }),
        benchmark::RegisterBenchmark("decode_csv", [&](auto& state) { decode_csv(state, all); }),
        benchmark::RegisterBenchmark("encode", [&](auto& state) { encode_rows(state, all); })};
    long iterations = 0;
    if (argc == 2) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), iterations);
    for (benchmark::internal::Benchmark* each : benchmarks)
        if (iterations > 0) each->Iterations(iterations);
    benchmark::RunSpecifiedBenchmarks();
}
