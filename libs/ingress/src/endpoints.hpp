#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "stream_endpoint.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::ingress {

// The streams of a catalogue that have an ingress. Never changed: a newer catalogue gives others.
struct Endpoints {
    std::int64_t version = 0;  // of the catalogue
    std::map<std::string, std::shared_ptr<StreamEndpoint>> by_path;
    std::string openapi;
};

// Asks PostgreSQL what the streams' CHECKs mean; says in the log which of them workers judge.
// Throws DatabaseError when PostgreSQL is unavailable.
std::shared_ptr<const Endpoints> read_endpoints(postgres::Connection& database,
                                                const Surroundings& surroundings);

}  // namespace tidewheel::ingress
