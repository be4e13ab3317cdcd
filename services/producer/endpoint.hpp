#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "producer/report.hpp"
#include "tidewheel/core/result.hpp"
#include "tidewheel/http/server.hpp"

// POST /store-events-producer-fn: produces some events and answers what they were.
namespace tidewheel::producer {

inline constexpr std::uint64_t most_events_per_request = 1'000'000;

struct EndpointRules {
    std::uint64_t default_count = 10;              // of a request that names none
    std::uint64_t most = most_events_per_request;  // that a request may ask for
    std::string token;                             // it must carry; empty: none
};

// How many events a request asks for: `count` of the query; when that is missing or 0, `count` of
// the JSON body; when that is missing or 0 as well, the default. The failure is a sentence for the
// caller.
Result<std::uint64_t, std::string> requested_count(const http::Request& request,
                                                   const EndpointRules& rules);

// Produces this many events and returns when the brokers have answered for each of them.
using Produce = std::function<Report(std::uint64_t count)>;

// 200 only when every event was acknowledged. 400: the request is wrong. 401: it doesn't carry the
// token. 403: a browser sends it for a page of another site. 405: it isn't a POST. 503: the brokers
// are unavailable, or did not acknowledge everything. 500: they refused. The body is JSON in each
// case.
http::Response answer(const http::Request& request, const EndpointRules& rules,
                      const Produce& produce);

}  // namespace tidewheel::producer
