#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tidewheel::testing {

enum class Way { to_server, to_client };

// A bad network before a server: it listens on a loopback port of its own and passes every
// connection on, until it is told to be bad. What it is told holds for the connections that are
// there and for those to come, and adds up, until heal(). Thread-safe; one thread of its own serves
// all connections.
class Proxy {
  public:
    // target: "127.0.0.1:5432"; empty: refuses everybody until aim().
    explicit Proxy(const std::string& target = {});
    ~Proxy();  // cuts all connections
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    int port() const;
    std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
    void aim(const std::string& target);  // where new connections go

    void heal();  // passes everything on again; what was held goes on its way
    // Every piece waits so long, both ways; pieces keep their order.
    void delay(std::chrono::milliseconds at_least, std::chrono::milliseconds jitter = {});
    void one_byte_pieces();
    void hold(Way way);  // nothing passes that way, and nobody is told
    void hold();         // both ways
    void refuse();       // new connections are reset at once; those that are there stay
    // Every connection ends after so many more bytes that way, which are still delivered.
    void cut_after(Way way, std::size_t bytes);
    // A connection whose client says `words` is reset once the server has begun to answer: the
    // server has done it, and the client can't know.
    void swallow_answer_to(std::string words);
    void cut();  // all connections now, by reset

    std::size_t connections() const;
    std::uint64_t swallowed() const;  // answers, so far

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::testing
