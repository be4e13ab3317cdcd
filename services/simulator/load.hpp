#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "simulator/product.hpp"

namespace tidewheel::simulator {

struct LoadOptions {
    ProductOptions products;
    std::string to = "http://127.0.0.1:8080";
    std::string path = "/products";
    std::uint64_t count = 180'000;
    double rate = 1500;  // requests a second; 0: as fast as they are answered
    int connections = 100;
    std::chrono::milliseconds retry_for{60'000};  // of one request; 0: it isn't sent again
    std::string token;                            // empty: none
};

// What came of the requests.
struct LoadReport {
    std::uint64_t accepted = 0;  // 2xx
    std::uint64_t refused = 0;   // 4xx but 429: the record is bad
    std::uint64_t failed = 0;    // neither, within retry_for
    std::uint64_t retries = 0;   // after 429, 5xx, and broken connections
    std::map<int, std::uint64_t> by_status;
    std::string first_failure;
    double seconds = 0;
    // Milliseconds until the final answer, sorted; counted from when the request was due, so that a
    // server that stalls can't hide the requests that wait for it.
    std::vector<float> latencies;

    double quantile(double share) const;  // of the latencies; 0 where there is none
};

// Sends updates of products, one a request, at times that don't depend on the answers (an open
// model). Ends early when a stop is asked for. Throws Error (setting) for an address that is none.
LoadReport send_products(const LoadOptions& options, const std::stop_token& stop);

}  // namespace tidewheel::simulator
