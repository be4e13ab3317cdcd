#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "tidewheel/http/client.hpp"

namespace tidewheel::http {

// A connection to one server by plain http, over which one request follows another. Blocks; for one
// thread.
class KeptConnection {
  public:
    // origin: http://host:port. Throws Error (setting) for what is none. timeout: of each request,
    // with the connect where there is one.
    KeptConnection(const std::string& origin, std::chrono::milliseconds timeout);
    ~KeptConnection();
    KeptConnection(const KeptConnection&) = delete;
    KeptConnection& operator=(const KeptConnection&) = delete;

    // Connects where it isn't connected. Throws Error (unavailable) when no answer comes; the
    // request may have been taken nevertheless, and the next one connects again.
    Response post(const std::string& path, const std::string& body, const Headers& headers);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::http
