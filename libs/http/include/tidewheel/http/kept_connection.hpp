#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "tidewheel/http/client.hpp"

namespace tidewheel::http {

struct PostOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(10);  // for all of it
    std::size_t answer_bytes = 64 * 1024;  // of the answer's body; the rest is not read
    // Whether a name may stand for a private address. It is judged after it was looked up, and what
    // was judged is what is connected to, so that no name can be looked up twice with two answers.
    bool private_addresses = false;
    std::stop_token stop = {};  // gives up soon
};

// POSTs to one URL, by http or https, that somebody else may have written; certificates are
// verified by the system's. One request follows another over one connection, as long as the server
// keeps it, and for a minute at most, so that a name's new address and a new certificate are seen.
// Follows no redirect and uses no proxy. For one thread at a time.
class KeptConnection {
  public:
    // Throws Error (setting) if it is no URL of this kind.
    explicit KeptConnection(const std::string& url);
    ~KeptConnection();
    KeptConnection(const KeptConnection&) = delete;
    KeptConnection& operator=(const KeptConnection&) = delete;

    // Blocks. If the server has closed the kept connection without a byte of an answer, the request
    // is sent again, once, over a new one: the server may have taken both. Header names of the
    // answer are in lower case. Throws Error: refused, every address is private, or the certificate
    // is not accepted; unavailable, nothing answers in time, the connection breaks, or a stop was
    // asked for. The server may have taken the request nevertheless.
    Response post(const std::string& body, const Headers& headers, const PostOptions& options);
    // If it has not been used for so long; the next request connects again.
    void close_idle(std::chrono::milliseconds idle);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::http
