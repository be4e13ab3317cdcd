#include "answer.hpp"

#include <utility>

namespace tidewheel::http {
namespace {

class Reply {
  public:
    Reply(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Answer> answer)
        : mailbox_(std::move(mailbox)), answer_(std::move(answer)) {}
    ~Reply() { give({.status = 500, .body = "internal error\n"}); }
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;

    // The first one counts.
    void give(Response response) {
        if (!mailbox_) return;
        const auto mailbox = std::exchange(mailbox_, nullptr);
        mailbox->post([answer = answer_, given = std::move(response)]() mutable {
            if (const auto waits = answer.lock()) waits->give(std::move(given));
        });
    }

  private:
    std::shared_ptr<Mailbox> mailbox_;
    std::weak_ptr<Answer> answer_;
};

}  // namespace

void Mailbox::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (io_) asio::post(*io_, std::move(work));
}

void Mailbox::close() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
}

void Answer::give(Response response) {
    response_ = std::move(response);
    wait_.cancel();
}

asio::awaitable<Response> Answer::take() {
    boost::system::error_code cancelled;
    while (!response_)
        co_await wait_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_return *std::move(response_);
}

Respond respond_to(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<Answer> answer) {
    return [reply = std::make_shared<Reply>(std::move(mailbox), std::move(answer))](
               Response response) { reply->give(std::move(response)); };
}

}  // namespace tidewheel::http
