#include "simulator/subscriber.hpp"

#include <algorithm>
#include <charconv>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/http/bearer.hpp"
#include "tidewheel/http/webhook_signature.hpp"

namespace tidewheel::simulator {
namespace {

using codec::Json;

http::ServerLimits limits() {
    http::ServerLimits limits;
    limits.body_bytes = std::size_t{64} << 20;
    return limits;
}

}  // namespace

Subscriber::Subscriber(const SubscriberOptions& options)
    : options_(options),
      key_(http::signing_key(options.secret)),
      random_(options.seed),
      server_(options.listen, limits()) {
    server_.route("GET", "/received", [this](const http::Request&) {
        return http::Response{.content_type = "application/json", .body = received()};
    });
    server_.otherwise([this](http::Request&& request, http::Respond respond) {
        answer(std::move(request), std::move(respond));
    });
}

void Subscriber::answer(http::Request&& request, http::Respond respond) {
    const std::lock_guard lock(mutex_);
    if (options_.hang) {
        ++requests_;
        unanswered_.push_back(std::move(respond));
        return;
    }
    respond({.status = take(request), .body = {}});
}

// What is refused by chance is not looked at: a sender can't know whether we have it.
int Subscriber::take(const http::Request& request) {
    constexpr int no_content = 204, bad_request = 400, unauthorized = 401, wrong_method = 405,
                  failed = 500;
    if (request.method != "POST") return wrong_method;
    ++requests_;
    if (random_.chance(producer::Share::percent(options_.fail)))
        return ++refused_ % 2 == 0 ? bad_request : failed;
    if (!is_signed(request)) return ++refused_, unauthorized;
    if (!add(request.body)) return ++refused_, bad_request;
    return no_content;
}

bool Subscriber::is_signed(const http::Request& request) const {
    if (key_.empty()) return true;
    const std::string_view time = http::header(request, "webhook-timestamp");
    std::int64_t seconds = 0;
    std::from_chars(time.data(), time.data() + time.size(), seconds);
    return same_secret(
        http::header(request, "webhook-signature"),
        http::webhook_signature(http::header(request, "webhook-id"), seconds, request.body, key_));
}

bool Subscriber::add(const std::string& body) {
    const auto json = Json::parse(body);
    if (!json) return false;
    const auto add_row = [this](const Json& row) {
        const Json* id = row.is_object() ? row.find("id") : nullptr;
        if (!id || !id->is_string()) return false;
        if (!ids_.insert(id->string()).second) ++repeated_;
        return true;
    };
    if (!json->is_array()) return add_row(*json);
    return std::ranges::all_of(json->items(), add_row);
}

std::string Subscriber::received() {
    const std::lock_guard lock(mutex_);
    return Json::object()
               .set("requests", requests_)
               .set("refused", refused_)
               .set("rows", static_cast<std::uint64_t>(ids_.size()))
               .set("repeated", repeated_)
               .dump() +
           '\n';
}

}  // namespace tidewheel::simulator
