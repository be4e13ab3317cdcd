#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>

#include "producer/random.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::simulator {

struct SubscriberOptions {
    std::string listen = "127.0.0.1:0";
    double fail = 0;     // percent of requests that are answered with 500 or 400, in turn
    bool hang = false;   // never answers
    std::string secret;  // the text of a secret; requests must be signed with it; empty: any
    std::uint64_t seed = 1;
};

// A subscriber of a sink of SERVER webhook, which counts the rows that it has by their ids.
// GET /received: {"requests": …, "refused": …, "rows": …, "repeated": …}; `rows` counts each id once,
// `repeated` what came again. POST anywhere: a row, or an array of rows.
class Subscriber {
  public:
    explicit Subscriber(const SubscriberOptions& options);

    void start() { server_.start(); }
    std::string url() const { return server_.url(); }

  private:
    void answer(http::Request&& request, http::Respond respond);
    int take(const http::Request& request);
    bool is_signed(const http::Request& request) const;
    bool add(const std::string& body);  // false: it is no row
    std::string received();

    const SubscriberOptions options_;
    const std::string key_;
    std::mutex mutex_;
    producer::SplitMix64 random_;
    std::unordered_set<std::string> ids_;
    std::uint64_t requests_ = 0, refused_ = 0, repeated_ = 0;
    std::vector<http::Respond> unanswered_;  // of one that hangs
    http::Server server_;                    // the last to come: it calls us
};

}  // namespace tidewheel::simulator
