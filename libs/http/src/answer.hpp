#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "asio.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

// Work for the I/O thread from any other one; after close() it is dropped.
class Mailbox {
  public:
    explicit Mailbox(asio::io_context& io) : io_(&io) {}
    void post(std::function<void()> work);
    void close();

  private:
    std::mutex mutex_;
    asio::io_context* io_;
};

// What a connection waits for. Only touched on the I/O thread.
class Answer {
  public:
    explicit Answer(const asio::any_io_executor& executor)
        : wait_(executor, asio::steady_timer::time_point::max()) {}

    void give(Response response);
    asio::awaitable<Response> take();

  private:
    asio::steady_timer wait_;
    std::optional<Response> response_;
};

// Gives the answer, from any thread, even when the connection is gone. One that is dropped without
// a call gives 500.
Respond respond_to(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Answer> answer);

}  // namespace tidewheel::http
