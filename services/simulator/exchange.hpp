#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "simulator/trade.hpp"
#include "tidewheel/http/scripted_server.hpp"

namespace tidewheel::simulator {

struct ExchangeOptions {
    TradeOptions trades;  // their rate is also that of the messages
    std::string listen = "127.0.0.1:0";
    std::uint64_t count = 0;         // messages; 0: without end
    std::uint64_t silent_every = 0;  // messages; then it says nothing for `silence`. 0: never
    std::chrono::milliseconds silence{0};
    std::uint64_t disconnect_every = 0;  // messages; then it ends the connection. 0: never
};

// An exchange: what it says over a websocket (at /trades), and assets by REST (GET /v2/assets).
// One client at a time hears it; another one that comes takes its place. While nobody listens it
// waits, so a client that it has disconnected itself misses nothing; one that dies misses what was
// under way. GET /said: {"messages": …, "connections": …, "is_over": …}.
class Exchange {
  public:
    explicit Exchange(const ExchangeOptions& options);
    ~Exchange();

    std::string address() const { return server_->address(); }

  private:
    void serve(http::Conversation& client);
    void talk(http::Conversation& client);
    // Waits until the next message is due. False: the client has been replaced, or this ends.
    bool wait_for_turn(std::unique_lock<std::mutex>& lock, std::uint64_t listener);
    http::Response answer(const http::Request& request);

    const ExchangeOptions options_;
    const Trades trades_;
    std::mutex mutex_;  // of what follows
    std::condition_variable changed_;
    std::uint64_t said_ = 0, listener_ = 0;
    std::chrono::steady_clock::time_point due_{};
    bool is_ending_ = false;
    std::unique_ptr<http::ScriptedServer> server_;  // the last to come: it calls us
};

}  // namespace tidewheel::simulator
