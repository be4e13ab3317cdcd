#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tidewheel::http {

struct Request {
    std::string method;                          // GET, POST…
    std::string path;                            // without the query, percent-decoded
    std::map<std::string, std::string> query;    // percent-decoded
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

struct Response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::map<std::string, std::string> headers = {};
};

using Handler = std::function<Response(const Request&)>;
// Answers a request, once, from any thread, at once or later. Dropped without a call it answers 500.
using Respond = std::function<void(Response)>;
using AsyncHandler = std::function<void(Request&&, Respond)>;

struct ServerLimits {
    std::size_t header_bytes = 16 * 1024;            // more: 431
    std::size_t body_bytes = 1024 * 1024;            // more: 413
    std::chrono::milliseconds header_timeout{5000};  // for a request's header to arrive
    std::chrono::milliseconds timeout{
        20000};  // for its body to arrive, for idle keep-alive, for an answer to be taken
    // At the limit a new connection takes the place of the one that has been waiting for its
    // request the longest, so that slow ones don't block others; 503 where none is waiting.
    std::size_t connections = 256;
    // What the bodies of all connections may hold together, until each request is answered. Beyond
    // it the one that has been arriving the longest is cut off; 503 for that one where it asks.
    std::size_t bodies_bytes = std::size_t{64} << 20;
    // Of a stop: for answers that are still to come, and to be taken.
    std::chrono::milliseconds grace{1000};
};

// A server's certificate and its key, PEM.
struct CertificateFiles {
    std::string chain_file;  // the server's own first, then those between it and the authority
    std::string key_file;
};

// A small HTTP/1.1 server on Boost.Beast. Handlers run on its `threads`, so they must be
// thread-safe; a slow one holds one of these threads and nothing else, since reading and writing
// have a thread of their own. An exception in a handler is answered with 500 and its message is
// passed to `on_error`. Unknown path: 404; known path, other method: 405 with Allow; HEAD is
// answered as GET is. A request that has not arrived in time is cut off, and one whose place a
// newer connection needs.
class Server {
  public:
    // address: "127.0.0.1:9464", "0.0.0.0:8080", "[::1]:0"; port 0 takes a free one. Throws Error
    // (setting) when it can't listen.
    Server(const std::string& address, ServerLimits limits = {}, int threads = 2);
    ~Server();  // takes no more, answers what is being handled, joins
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // method: GET, POST…, or * for every one that has no route of its own. Before start().
    void route(const std::string& method, const std::string& path, Handler handler);
    // For every path that has no route; its method is any. An answer that comes later holds none of
    // the threads meanwhile. Before start().
    void otherwise(AsyncHandler handler);
    // What a client is told that the server itself refuses (400, 404, 405, 413, 431, 500, 503);
    // plain text, unless this is set. Before start().
    void describe_refusals(std::function<Response(int status, const std::string& why)> describe);
    void on_error(std::function<void(const std::string&)> report);  // before start()
    // Serves https alone, TLS 1.2 and newer. Files that change are read again for new connections;
    // where they can't be used, on_error is told, and the last good certificate stays. Throws Error
    // (setting) for files that can't be used now. Before start().
    void use_tls(CertificateFiles files);
    void start();
    std::uint16_t port() const;
    std::string url() const;  // http://127.0.0.1:41234, or https://

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::http
