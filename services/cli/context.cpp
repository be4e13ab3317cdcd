#include "cli/context.hpp"

#include <ostream>

namespace tidewheel::cli {

catalogue::Database Context::database() const {
    return {settings.database, "tidewheel cli"};
}

kafka::ClientSettings Context::kafka() const {
    kafka::ClientSettings client;
    client.brokers = settings.kafka;
    client.options = settings.kafka_options;
    client.client_id = "tidewheel-cli";
    return client;
}

operate::RebuildLimits rebuild_limits(const Settings& settings) {
    return {settings.sessions,
            {.rows = settings.batch_rows,
             .bytes = settings.batch_bytes,
             .linger = settings.linger,
             .retry_longest = std::chrono::seconds(1)}};
}

void print(std::ostream& out, const codec::Json& document) {
    out << document.dump(2) << '\n';
}

}  // namespace tidewheel::cli
