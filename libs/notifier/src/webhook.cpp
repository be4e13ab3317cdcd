#include "webhook.hpp"

#include "message.hpp"
#include "retry_after.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/http/kept_connection.hpp"
#include "tidewheel/http/webhook_signature.hpp"

namespace tidewheel::notifier {
namespace {

using namespace std::chrono_literals;
using delivery::Delivered;
using delivery::OutboxRow;

constexpr std::chrono::milliseconds default_retry_for = 24h;
constexpr auto longest_turn = 1s;   // then what was sent is committed, and others have their turn
constexpr auto longest_idle = 15s;  // of a connection
constexpr std::size_t shown_of_an_answer = 200;

delivery::Failure failure_of(const http::Response& answer) {
    delivery::Failure failure{"answered " + std::to_string(answer.status)};
    if (!answer.body.empty())
        failure.reason += ": " + shorten(printable(answer.body), shown_of_an_answer);
    if (const auto wish = answer.headers.find("retry-after"); wish != answer.headers.end())
        failure.retry_after = retry_after(wish->second, unix_time());
    return failure;
}

class Webhook : public delivery::Destination {
  public:
    Webhook(const Settings& settings, const catalogue::StoredSink& sink,
            WebhookSubscriber subscriber)
        : settings_(settings),
          uid_(sink.uid),
          type_(sql::label(sink.sink.name)),
          is_batched_(!sink.sink.option("batch").empty()),
          batch_(is_batched_ ? std::stoul(sink.sink.option("batch")) : 1),
          subscriber_(std::move(subscriber)) {}

    Delivered deliver(std::span<const OutboxRow> rows, std::stop_token stop) override {
        if (rows.empty()) {
            if (connection_) connection_->close_idle(longest_idle);
            return {};
        }
        const std::string key = this->key();
        const auto begun = Clock::system().now();
        Delivered done;
        while (!rows.empty()) {
            const auto next = rows.first(std::min(batch_, rows.size()));
            done.failure = send(next, key, stop);
            if (done.failure) return done;
            done.through = next.back().seq;
            rows = rows.subspan(next.size());
            if (stop.stop_requested() || Clock::system().now() - begun > longest_turn) break;
        }
        done.taken = done.through;
        return done;
    }

  private:
    // Read each time: it may be another one since.
    std::string key() const {
        if (subscriber_.secret.empty()) return {};
        if (settings_.notifier_secrets.empty())
            throw Error(Error::Kind::setting,
                        "the secret " + subscriber_.secret + " can't be found",
                        "The setting notifier_secrets names the directory of the secrets.");
        if (subscriber_.secret.find('/') != std::string::npos || subscriber_.secret.front() == '.')
            throw Error(Error::Kind::setting, "a secret's name is not the name of a file");
        return http::signing_key(read_secret(settings_.notifier_secrets + "/" + subscriber_.secret,
                                             "secret", "--notifier-secrets"));
    }

    std::optional<delivery::Failure> send(std::span<const OutboxRow> rows, const std::string& key,
                                          const std::stop_token& stop) {
        const Message message =
            is_batched_ ? message_of(uid_, type_, rows) : message_of(uid_, type_, rows.front());
        http::PostOptions options;
        options.timeout = settings_.notifier_timeout;
        options.private_addresses = settings_.notifier_private == "yes";
        options.stop = stop;
        try {
            if (!connection_) connection_.emplace(subscriber_.url);
            const http::Response answer =
                connection_->post(message.body, headers_of(message, unix_time(), key), options);
            if (answer.status >= 200 && answer.status < 300) return std::nullopt;
            return failure_of(answer);
        } catch (const Error& error) {
            return delivery::Failure{error.what()};
        }
    }

    const Settings& settings_;
    const std::string uid_, type_;
    const bool is_batched_;
    const std::size_t batch_;
    const WebhookSubscriber subscriber_;
    std::optional<http::KeptConnection> connection_;
};

}  // namespace

std::size_t WebhookKind::most_rows(const catalogue::StoredSink& sink) const {
    const std::string batch = sink.sink.option("batch");
    return std::max<std::size_t>(100, batch.empty() ? 1 : std::stoul(batch));
}

std::optional<std::chrono::milliseconds> WebhookKind::retry_for(
    const catalogue::StoredSink& sink) const {
    return sink.retry_for.value_or(default_retry_for);
}

// Connections that nothing is sent over are closed.
std::chrono::milliseconds WebhookKind::tick() const {
    return longest_idle;
}

std::vector<delivery::Subscriber> WebhookKind::subscribers(postgres::Transaction& transaction,
                                                           const catalogue::StoredSink& sink) {
    std::map<std::string, WebhookSubscriber> by_name;
    std::vector<delivery::Subscriber> subscribers;
    for (const WebhookSubscriber& each : read_subscribers(transaction, sink)) {
        subscribers.push_back({each.name, each.from_beginning, each.secret + " " + each.url});
        by_name[each.name] = each;
    }
    known_[sink.id] = std::move(by_name);
    return subscribers;
}

std::unique_ptr<delivery::Destination> WebhookKind::open(const delivery::Place& place) {
    return std::make_unique<Webhook>(settings_, place.sink,
                                     known_[place.sink.id][place.subscriber]);
}

}  // namespace tidewheel::notifier
