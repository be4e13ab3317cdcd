#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

// The server's end of one connection, as a test's script holds it. Every call blocks. After one that
// returns false or nullopt the client is gone, or the server ends.
class Conversation {
  public:
    virtual ~Conversation() = default;
    virtual std::optional<Request> request() = 0;  // of CONNECT, the path is host:port
    virtual bool answer(Response response) = 0;
    virtual bool write(std::string_view bytes) = 0;  // as they are
    // To a CONNECT: passes everything on to this port, both ways, until either side ends.
    virtual void tunnel(std::uint16_t port) = 0;

    virtual bool accept_websocket() = 0;  // of the last request
    // fragment: the most bytes of a frame; 0: all in one.
    virtual bool send(std::string_view message, bool binary = false, std::size_t fragment = 0) = 0;
    virtual std::optional<std::string> receive() = 0;  // answers pings meanwhile
    virtual void close(unsigned code) = 0;             // the websocket, as its protocol says
    virtual bool is_there() = 0;  // the client has not closed the connection, as far as known
    virtual void reset() = 0;     // the connection, with no word to the client
    virtual void hold() = 0;      // says and reads nothing, until the server ends
};

// A server for tests and simulations, which does with each connection what its script says, right or
// wrong, on a thread of its own: HTTP, or a websocket. With TLS where it has a certificate.
class ScriptedServer {
  public:
    struct Certificate {
        std::string certificate_file, key_file;  // PEM
    };
    using Script = std::function<void(Conversation&)>;

    // port 0: a free one, on the loopback address. Throws where it can't be had.
    explicit ScriptedServer(Script script, std::optional<Certificate> certificate = {},
                            std::uint16_t port = 0);
    // address: as that of Server. Throws Error (setting) where it can't be had.
    ScriptedServer(Script script, const std::string& address);
    ~ScriptedServer();  // cuts all connections, and joins
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const;
    std::string address() const { return "localhost:" + std::to_string(port()); }
    int connections() const;  // that came, so far

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::http
