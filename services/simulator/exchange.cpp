#include "simulator/exchange.hpp"

#include <algorithm>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::simulator {

using namespace std::chrono_literals;

namespace {

bool comes_round(std::uint64_t said, std::uint64_t every) {
    return every > 0 && said % every == 0;
}

}  // namespace

Exchange::Exchange(const ExchangeOptions& options) : options_(options), trades_(options.trades) {
    server_ = std::make_unique<http::ScriptedServer>(
        [this](http::Conversation& client) { serve(client); }, options.listen);
}

Exchange::~Exchange() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    server_.reset();
}

void Exchange::serve(http::Conversation& client) {
    while (const auto request = client.request()) {
        if (request->path.starts_with("/trades")) {
            if (client.accept_websocket()) talk(client);
            return;
        }
        if (!client.answer(answer(*request))) return;
    }
}

// A close that the client has answered says that it has everything.
void Exchange::talk(http::Conversation& client) {
    constexpr unsigned going_away = 1001;
    std::unique_lock lock(mutex_);
    const std::uint64_t listener = ++listener_;
    changed_.notify_all();
    while (wait_for_turn(lock, listener)) {
        if (!client.is_there()) return;
        const std::string message = trades_.message(said_++);
        const bool ends = comes_round(said_, options_.disconnect_every);
        lock.unlock();
        const bool is_there = client.send(message);
        if (is_there && ends) client.close(going_away);
        lock.lock();
        if (!is_there || ends) return;
    }
    lock.unlock();
    client.reset();
}

bool Exchange::wait_for_turn(std::unique_lock<std::mutex>& lock, std::uint64_t listener) {
    const auto pace = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(1 / options_.trades.rate));
    due_ = std::max(due_ + pace, std::chrono::steady_clock::now());
    if (said_ > 0 && comes_round(said_, options_.silent_every)) due_ += options_.silence;
    const auto is_out = [&] { return is_ending_ || listener_ != listener; };
    if (options_.count > 0 && said_ >= options_.count)
        changed_.wait(lock, is_out);
    else
        changed_.wait_until(lock, due_, is_out);
    return !is_out();
}

http::Response Exchange::answer(const http::Request& request) {
    constexpr int not_found = 404;
    const std::lock_guard lock(mutex_);
    if (request.path == "/v2/assets")
        return {.content_type = "application/json", .body = trades_.assets(said_)};
    if (request.path != "/said") return {.status = not_found, .body = "no such path\n"};
    return {.content_type = "application/json",
            .body = codec::Json::object()
                        .set("messages", said_)
                        .set("connections", listener_)
                        .set("is_over", options_.count > 0 && said_ >= options_.count)
                        .dump() +
                    '\n'};
}

}  // namespace tidewheel::simulator
