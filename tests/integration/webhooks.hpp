#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// A subscriber: a real HTTP server, which may be bad, or away.
class Hook {
  public:
    struct Request {
        std::string id, timestamp, signature, body;
    };
    // The status of the answer; 0: none comes, as long as the server lives.
    using Judge = std::function<int(const Request&)>;

    explicit Hook(Judge judge = [](const Request&) { return 204; }) : judge_(std::move(judge)) {
        appear();
        port_ = server_->port();
    }
    void appear() {
        server_ = std::make_unique<http::Server>("127.0.0.1:" + std::to_string(port_));
        server_->otherwise([this](http::Request&& request, http::Respond respond) {
            take(request, std::move(respond));
        });
        server_->start();
    }
    void disappear() {
        server_.reset();
        const std::lock_guard lock(mutex_);
        unanswered_.clear();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }

    void behave(Judge judge) {
        const std::lock_guard lock(mutex_);
        judge_ = std::move(judge);
        unanswered_.clear();
    }
    std::vector<Request> accepted() const {
        const std::lock_guard lock(mutex_);
        return accepted_;
    }
    std::size_t refused() const {
        const std::lock_guard lock(mutex_);
        return refused_;
    }
    std::set<std::string> ids() const {
        const std::lock_guard lock(mutex_);
        std::set<std::string> ids;
        for (const Request& each : accepted_)
            ids.insert(each.id);
        return ids;
    }

  private:
    void take(const http::Request& request, http::Respond respond) {
        const auto header = [&](const std::string& name) {
            const auto found = request.headers.find(name);
            return found == request.headers.end() ? "" : found->second;
        };
        const Request one{header("webhook-id"), header("webhook-timestamp"),
                          header("webhook-signature"), request.body};
        int status = 0;
        {
            const std::lock_guard lock(mutex_);
            status = judge_(one);
            if (status == 0) {
                unanswered_.push_back(std::move(respond));
                return;
            }
            if (status >= 200 && status < 300)
                accepted_.push_back(one);
            else
                ++refused_;
        }
        respond({.status = status, .body = status < 300 ? "" : "not now"});
    }

    mutable std::mutex mutex_;
    Judge judge_;
    std::vector<Request> accepted_;
    std::size_t refused_ = 0;
    std::vector<http::Respond> unanswered_;
    std::uint16_t port_ = 0;
    std::unique_ptr<http::Server> server_;
};

// tidewheel-notifier, which may call hooks on this host.
inline std::unique_ptr<Process> start_notifier(const Deployment& site,
                                               std::vector<std::string> environment = {}) {
    environment.emplace_back("TIDEWHEEL_NOTIFIER_PRIVATE=yes");
    environment.emplace_back("TIDEWHEEL_RETRY_LONGEST=500ms");
    environment.emplace_back("TIDEWHEEL_NOTIFIER_TIMEOUT=1s");
    return site.start("tidewheel-notifier", std::move(environment));
}

// Of the first acceptance of each row, by partition of the topic: their offsets.
inline std::map<int, std::vector<std::int64_t>> offsets_in_order(const Hook& hook) {
    std::map<int, std::vector<std::int64_t>> offsets;
    std::set<std::string> seen;
    for (const Hook::Request& each : hook.accepted()) {
        if (!seen.insert(each.id).second) continue;
        const codec::Json row = *codec::Json::parse(each.body)->find("data");
        offsets[static_cast<int>(row.find("part")->integer())].push_back(
            row.find("pos")->integer());
    }
    return offsets;
}

}  // namespace tidewheel::testing
