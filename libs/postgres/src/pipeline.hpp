#pragma once
#include <libpq-fe.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "errors.hpp"
#include "tidewheel/postgres/session.hpp"

// Several commands in one round trip, by libpq's pipeline mode.
namespace tidewheel::postgres {

// Queue one command; false: it could not be. By its text, or by the name that it is prepared under.
bool send(PGconn* handle, const std::string& unprepared);
bool send(PGconn* handle, const std::string& name, const std::vector<Parameter>& parameters);
bool send(PGconn* handle, const std::string& name, std::span<const std::string_view> parameters);

// What the commands of a pipeline came to, in their order: the results of those before the first
// failure.
struct PipelineResults {
    std::vector<Rows> rows;
    std::optional<DatabaseError> failure;
};

PipelineResults take_pipelined_results(PGconn* handle);

// Leaves the pipeline whatever happens. send_all(handle) queues the commands, and returns whether
// all could be.
template <class SendAll>
PipelineResults in_pipeline(PGconn* handle, SendAll&& send_all) {
    const struct Leaving {
        PGconn* handle;
        ~Leaving() { PQexitPipelineMode(handle); }
    } leaving{handle};
    if (PQenterPipelineMode(handle) == 0 || !send_all(handle) || PQpipelineSync(handle) == 0)
        throw connection_lost("before a statement", PQerrorMessage(handle));
    return take_pipelined_results(handle);
}

}  // namespace tidewheel::postgres
