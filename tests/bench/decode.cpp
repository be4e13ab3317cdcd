// What decoding costs: reads records of a topic into memory, then decodes them again and again by
// the shape of a stream.
//   bench_decode PIPELINE.sql BROKERS TOPIC RECORDS
// Prints nanoseconds per record. Every column is taken; numeric columns without their limits.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/sql/pipeline.hpp"

using namespace tidewheel;

namespace {

engine::Kind kind_of(const std::string& type) {
    using engine::Kind;
    if (type.starts_with("int")) return Kind::int32;
    if (type.starts_with("numeric")) return Kind::numeric;
    if (type.starts_with("bool")) return Kind::boolean;
    if (type.starts_with("timestamptz") || type.starts_with("timestamp with"))
        return Kind::timestamptz;
    return type == "uuid" ? Kind::uuid : Kind::text;
}

engine::Schema shape_of(const sql::Stream& stream) {
    engine::Schema schema;
    for (const sql::StreamColumn& column : stream.columns)
        schema.columns.push_back({column.name,
                                  {kind_of(column.type), -1, column.type},
                                  column.not_null,
                                  column.source,
                                  column.path,
                                  column.header,
                                  {}});
    schema.needed.assign(schema.columns.size(), true);
    return schema;
}

std::vector<std::string> read_some(const kafka::ClientSettings& settings, const std::string& topic,
                                   std::size_t count) {
    std::vector<std::string> values;
    const auto [first, end] = kafka::Admin(settings).watermarks(topic, 0);
    kafka::read_partition(
        settings, {topic, 0}, first, std::min(end, first + static_cast<std::int64_t>(count)),
        std::chrono::seconds(10),
        [&](const engine::Record& record) { values.emplace_back(record.value.value_or("")); });
    return values;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5)
        return std::fprintf(stderr, "usage: bench_decode PIPELINE.sql BROKERS TOPIC RECORDS\n"), 2;
    std::stringstream text;
    text << std::ifstream(argv[1]).rdbuf();
    const sql::Pipeline pipeline = sql::parse_pipeline(text.str(), argv[1]);
    const engine::Schema schema = shape_of(std::get<sql::Stream>(pipeline.statements.front().body));
    kafka::ClientSettings settings;
    settings.brokers = argv[2];
    const std::vector<std::string> values = read_some(settings, argv[3], 20000);
    const auto decoder = codec::make_json_decoder(schema);
    engine::Batch batch(schema);
    const long records = std::atol(argv[4]);
    const auto begin = std::chrono::steady_clock::now();
    for (long done = 0; done < records;) {
        batch.clear();
        for (std::size_t i = 0; i < 10000 && done < records; ++i, ++done) {
            engine::Record record;
            record.value = values[static_cast<std::size_t>(done) % values.size()];
            batch.add(std::move(record),
                      [&](const auto& each, auto& into) { return decoder->decode(each, into); });
        }
    }
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    std::printf("%.0f\n", time.count() / static_cast<double>(records));
}
