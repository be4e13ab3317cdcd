#include "cli/context.hpp"

#include <ostream>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {

std::unique_ptr<postgres::Connection> Context::connect() const {
    return std::make_unique<postgres::Connection>(settings.database, "tidewheel cli");
}

kafka::ClientSettings Context::kafka() const {
    kafka::ClientSettings client;
    client.brokers = settings.kafka;
    client.options = settings.kafka_options;
    client.client_id = "tidewheel-cli";
    return client;
}

void print(std::ostream& out, const codec::Json& document) {
    out << document.dump(2) << '\n';
}

}  // namespace tidewheel::cli
