#include "endpoints.hpp"

#include <vector>

#include "openapi.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::ingress {
namespace {

using telemetry::Level;

StreamRules rules_of(postgres::Connection& database, const catalogue::StoredStream& stream,
                     bool is_paused) {
    executor::FieldRules fields = executor::field_rules(database, stream);
    for (const auto& [rule, reason] : fields.left)
        telemetry::log(
            Level::info, "check is left to the workers",
            {{"stream", stream.stream.name.text()}, {"check", rule}, {"reason", reason}});
    StreamRules rules(stream, std::move(fields));
    rules.is_paused = is_paused;
    return rules;
}

}  // namespace

std::shared_ptr<const Endpoints> read_endpoints(postgres::Connection& database,
                                                const Surroundings& surroundings) {
    auto endpoints = std::make_shared<Endpoints>();
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(database);
    endpoints->version = catalogue.version;
    std::vector<const sql::Stream*> streams;
    for (const catalogue::StoredStream& stored : catalogue.streams) {
        if (stored.stream.ingress.empty()) continue;
        const std::string& path = stored.stream.ingress;
        endpoints->by_path[path] = std::make_shared<StreamEndpoint>(
            surroundings, rules_of(database, stored, catalogue.paused_streams.contains(stored.id)));
        streams.push_back(&stored.stream);
        telemetry::log(Level::info, "takes records",
                       {{"stream", stored.stream.name.text()}, {"path", path}});
    }
    endpoints->openapi = openapi_document(streams);
    return endpoints;
}

}  // namespace tidewheel::ingress
