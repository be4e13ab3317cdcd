#include "cache_options.hpp"

#include <cstdint>

namespace tidewheel::cache {
namespace {

// FNV-1a with 32 bits: it has only to be unlikely that two forms of one sink have the same.
std::string digest(const std::string& text) {
    std::uint32_t hash = 2166136261;
    for (const unsigned char byte : text)
        hash = (hash ^ byte) * 16777619U;
    return std::to_string(hash);
}

}  // namespace

CacheOptions read_options(postgres::Transaction& transaction, const catalogue::StoredSink& sink) {
    const sql::Sink& given = sink.sink;
    CacheOptions options;
    options.uid = sink.uid;
    options.url = sql::parse_redis_url(given.option("url"));
    options.password_file = given.option("password_file");
    const std::string ttl = given.option("ttl");
    if (!ttl.empty())
        options.ttl = std::chrono::milliseconds(
            transaction.query("SELECT ceil(extract(epoch FROM $1::interval) * 1000)::bigint", {ttl})
                .at(0)
                .integer(0));
    const sql::RedisColumns columns = sql::redis_columns(given);
    options.form = digest(columns.key + "\n" + sql::redis_value(columns) + "\n" + ttl);
    return options;
}

}  // namespace tidewheel::cache
