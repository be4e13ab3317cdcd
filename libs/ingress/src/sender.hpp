#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "problem.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/sql/pipeline.hpp"

// Who may send records to a stream.
namespace tidewheel::ingress {

// Why the request is refused: it carries no token of the stream, or no signature by one of its
// secrets. nullopt: it may come in. secrets: the directory of their files; they are read each time,
// for they may be others since. now: seconds since 1970, UTC. Throws Error (setting) for a secret
// that can't be read. The time that a comparison takes doesn't tell how nearly it succeeds.
std::optional<Problem> refusal_of_sender(const http::Request& request, const sql::Stream& stream,
                                         const std::string& secrets, std::int64_t now);

}  // namespace tidewheel::ingress
