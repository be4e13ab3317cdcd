#include "cache_kind.hpp"

#include "cache_lane.hpp"

namespace tidewheel::cache {

using catalogue::StoredSink;

std::vector<std::string> CacheKind::expressions(const StoredSink& sink) const {
    const sql::RedisColumns columns = sql::redis_columns(sink.sink);
    const std::string truncation = sql::redis_truncation(columns);
    return {"o." + postgres::quote_name(columns.key) + "::text", sql::redis_value(columns),
            truncation.empty() ? "NULL" : "CASE WHEN " + truncation + " THEN 'all' END"};
}

std::optional<catalogue::Compaction> CacheKind::compaction(const StoredSink& sink) const {
    const sql::RedisColumns columns = sql::redis_columns(sink.sink);
    return catalogue::Compaction{sink.sink.name.quoted(), postgres::quote_name(columns.key),
                                 sql::redis_deletion(columns), sql::redis_truncation(columns)};
}

std::vector<delivery::Subscriber> CacheKind::subscribers(postgres::Transaction& transaction,
                                                         const StoredSink& sink) {
    known_[sink.id] = read_options(transaction, sink);
    return {delivery::Subscriber{}};
}

std::unique_ptr<delivery::Destination> CacheKind::open(const delivery::Place& place) {
    return std::make_unique<CacheLane>(settings_, known_.at(place.sink.id), place);
}

}  // namespace tidewheel::cache
