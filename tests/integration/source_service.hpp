#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ingress_service.hpp"
#include "tidewheel/http/scripted_server.hpp"

namespace tidewheel::testing {

// tidewheel-source, until the end of the test.
class Source {
  public:
    explicit Source(const Deployment& deployment, std::vector<std::string> environment = {})
        : process_(deployment.start("tidewheel-source", std::move(environment))),
          admin_(admin_url(*process_)) {}

    http::Response ready() const { return http::fetch("GET", admin_ + "/readyz"); }
    std::string metrics() const { return http::fetch("GET", admin_ + "/metrics").body; }
    // Of the stream, by the metric's name; -1: there is none.
    double metric(const std::string& name) const {
        const std::string text = metrics();
        const auto at = text.find("\n" + name + "{stream=");
        return at == std::string::npos ? -1 : std::stod(text.substr(text.find("} ", at) + 2));
    }
    std::string log() const { return process_->errors(); }
    bool says(const std::string& words) const { return log().find(words) != std::string::npos; }
    Process& process() { return *process_; }

  private:
    std::unique_ptr<Process> process_;
    std::string admin_;
};

// An exchange: what it says goes to everybody who is connected at that time, over a websocket.
class Exchange {
  public:
    explicit Exchange(bool waits_for_subscription = false)
        : waits_(waits_for_subscription), server_(start(0)), port_(server_->port()) {}
    ~Exchange() { die(); }

    std::string url() const { return "ws://localhost:" + std::to_string(port_) + "/trades"; }
    void say(const std::string& message, bool binary = false) {
        const std::lock_guard lock(mutex_);
        for (auto* line : lines_)
            line->push_back({message, binary});
        changed_.notify_all();
    }
    // What it says reaches nobody, and nobody is told.
    void be_silent() {
        const std::lock_guard lock(mutex_);
        is_silent_ = true;
    }
    std::size_t connected() const {
        const std::lock_guard lock(mutex_);
        return lines_.size();
    }
    std::vector<std::string> subscriptions() const {
        const std::lock_guard lock(mutex_);
        return subscriptions_;
    }
    std::string authorization() const {
        const std::lock_guard lock(mutex_);
        return authorization_;
    }
    // All connections are cut, and new ones refused.
    void die() {
        {
            const std::lock_guard lock(mutex_);
            is_closing_ = true;
            changed_.notify_all();
        }
        server_.reset();
        is_closing_ = is_silent_ = false;
    }
    void live_again() { server_ = start(port_); }

  private:
    using Line = std::deque<std::pair<std::string, bool>>;

    std::unique_ptr<http::ScriptedServer> start(int port) {
        return std::make_unique<http::ScriptedServer>(
            [this](http::Conversation& client) { serve(client); }, std::nullopt,
            static_cast<std::uint16_t>(port));
    }

    void serve(http::Conversation& client) {
        const auto request = client.request();
        if (!request || !client.accept_websocket()) return;
        if (waits_) {
            const auto message = client.receive();
            const std::lock_guard lock(mutex_);
            subscriptions_.push_back(message.value_or("none"));
        }
        Line line;
        std::unique_lock lock(mutex_);
        if (request->headers.contains("authorization"))
            authorization_ = request->headers.at("authorization");
        const auto place = lines_.insert(lines_.end(), &line);
        bool is_there = true;
        while (is_there && !is_closing_) {
            // An empty ping of TCP would do: sending notices that the client is gone.
            changed_.wait(lock, [&] { return is_closing_ || !line.empty(); });
            while (is_there && !line.empty() && !is_silent_) {
                const auto [message, binary] = line.front();
                line.pop_front();
                lock.unlock();
                is_there = client.send(message, binary, 1000);
                lock.lock();
            }
            if (is_silent_) line.clear();
        }
        lines_.erase(place);
    }

    const bool waits_;
    mutable std::mutex mutex_;  // of what follows
    std::condition_variable changed_;
    std::list<Line*> lines_;
    std::vector<std::string> subscriptions_;
    std::string authorization_;
    bool is_closing_ = false, is_silent_ = false;
    std::unique_ptr<http::ScriptedServer> server_;
    const int port_;
};

// What a REST service has, and what it is asked.
class Rest {
  public:
    Rest() : server_([this](http::Conversation& client) { serve(client); }) {}

    std::string url() const { return "http://" + server_.address() + "/assets"; }
    void has(const std::string& body, const std::string& etag = {}, int status = 200) {
        const std::lock_guard lock(mutex_);
        answer_ = {.status = status, .content_type = "application/json", .body = body};
        if (!etag.empty()) answer_.headers["etag"] = etag;
    }
    void hangs(bool on) {
        const std::lock_guard lock(mutex_);
        hangs_ = on;
    }
    int polls() const { return polls_; }
    int answered_304() const { return unchanged_; }

  private:
    void serve(http::Conversation& client) {
        const auto request = client.request();
        if (!request) return;
        std::unique_lock lock(mutex_);
        http::Response answer = answer_;
        const auto known = request->headers.find("if-none-match");
        const auto etag = answer.headers.find("etag");
        if (known != request->headers.end() && etag != answer.headers.end() &&
            known->second == etag->second) {
            answer.status = 304;
            ++unchanged_;
        }
        ++polls_;
        const bool hangs = hangs_;
        lock.unlock();
        if (hangs) return client.hold();
        client.answer(std::move(answer));
    }

    std::mutex mutex_;
    http::Response answer_{.status = 404, .body = {}};
    bool hangs_ = false;
    std::atomic<int> polls_ = 0, unchanged_ = 0;
    http::ScriptedServer server_;
};

inline std::vector<std::string> values_in(const Deployment& deployment) {
    std::vector<std::string> values;
    for (const Stored& each : stored_in(deployment.kafka(), deployment.topic()))
        values.push_back(each.value);
    return values;
}

}  // namespace tidewheel::testing
