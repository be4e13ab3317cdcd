#include "cli/context.hpp"

#include <ostream>

#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::cli {

catalogue::Database Context::database() const {
    if (!settings.databases.empty() && several == SeveralDatabases::refused)
        throw Error(Error::Kind::setting, "this command works on one database, not on a list",
                    "Name it with --database.");
    return {settings.database, "tidewheel cli"};
}

kafka::ClientSettings Context::kafka() const {
    kafka::ClientSettings client;
    client.brokers = settings.kafka;
    client.options = settings.kafka_options;
    client.client_id = "tidewheel-cli";
    return client;
}

// Refuses, with a hint, where there is no catalogue.
std::unique_ptr<postgres::Connection> Context::connect_to_catalogue() const {
    auto connection = connect();
    catalogue::catalogue_version(*connection);
    if (share) catalogue::require_possible(*connection, *share);
    return connection;
}

std::unique_ptr<postgres::Connection> Context::connect_to_share() const {
    auto connection = connect_to_catalogue();
    if (share && !catalogue::has_statements(*connection))
        throw Error(Error::Kind::refused,
                    "nothing has been applied to this database, which would have " + share->text() +
                        " of the topics' partitions",
                    "Run tidewheel apply with the same --databases.");
    return connection;
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
