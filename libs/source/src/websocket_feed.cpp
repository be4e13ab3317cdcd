#include <algorithm>

#include "feed.hpp"
#include "key_reader.hpp"
#include "outbox.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/http/websocket.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;

constexpr auto look_every = 200ms;
constexpr auto longest_drain = 4s;  // of a stop
constexpr auto kafka_is_slow = 5s;

class WebSocketFeed {
  public:
    WebSocketFeed(const FeedContext& context, std::stop_token stop)
        : context_(context),
          stop_(std::move(stop)),
          keys_(context.plan.key),
          outbox_(new_outbox()),
          retry_({.first = 500ms, .longest = 30s, .forget_after = 1min}),
          records_before_(context.standing.state().records) {}

    void run() {
        while (goes_on()) {
            try {
                connected();
            } catch (const kafka::FatalError& error) {
                begin_outbox_again();
                disconnected(error);
            } catch (const Error& error) {
                disconnected(error);
            }
        }
        if (context_.standing.holds()) outbox_->drain(longest_drain);
        note_progress({});
    }

  private:
    std::unique_ptr<Outbox> new_outbox() const {
        return std::make_unique<Outbox>(context_.kafka, context_.plan.topic,
                                        context_.settings.source_queue_bytes, context_.metrics);
    }

    // The Kafka client is dead: what waited in it is missing.
    void begin_outbox_again() {
        heard_ = context_.standing.state().complete_until;
        records_before_ += outbox_->acknowledged();
        outbox_ = new_outbox();
    }

    bool goes_on() const { return !stop_.stop_requested() && context_.standing.holds(); }

    // From one connection to its end, or a stop.
    void connected() {
        const Plan& plan = context_.plan;
        const Settings& settings = context_.settings;
        http::WebSocket socket(plan.source.url, headers_of(settings, plan.label),
                               {.connect_timeout = settings.source_request_time,
                                .idle = settings.source_idle_time,
                                .message_bytes = settings.source_message_bytes,
                                .reach = reach_of(settings, plan.source.url),
                                .stop = stop_});
        if (!plan.source.message.empty()) socket.send(plan.source.message);
        note_connected();
        http::WebSocket::Message message;
        while (goes_on()) {
            try {
                if (socket.receive(message, look_every) && !take(message.bytes)) break;
            } catch (const Error&) {
                note_progress(socket.heard_at());
                throw;
            }
            note_progress(socket.heard_at());
            complain_of_kafka();
        }
        if (stop_.stop_requested()) socket.close();
    }

    // False: a stop came first, and it is as if it had not arrived.
    bool take(const std::string& bytes) {
        return outbox_->send(bytes, keys_.key_of(bytes), Clock::system().wall(), [this] {
            note_progress({});
            complain_of_kafka();
            return goes_on();
        });
    }

    // heard: when the connection was last known to be alive.
    void note_progress(std::optional<WallTime> heard) {
        if (heard) heard_ = heard;
        const auto oldest = outbox_->oldest_waiting();
        const std::int64_t records = records_before_ + outbox_->acknowledged();
        context_.standing.change([&](catalogue::SourceState& state) {
            if (heard_) state.complete_until = oldest ? std::min(*oldest, *heard_) : *heard_;
            state.records = records;
        });
        if (const std::string refusal = outbox_->refusal(); !refusal.empty())
            telemetry::log(Level::error, "messages are lost: Kafka refuses them",
                           {{"stream", context_.plan.name}, {"reason", refusal}});
    }

    void note_connected() {
        const auto since = heard_ ? heard_ : context_.standing.state().complete_until;
        const auto now = Clock::system().wall();
        heard_ = now;
        context_.metrics.connects.add();
        context_.metrics.up.set(1);
        context_.standing.note_well();
        telemetry::log(Level::info, "connected",
                       {{"stream", context_.plan.name}, {"source", context_.plan.source.url}});
        if (!since) return;
        const double seconds = std::max(0.0, std::chrono::duration<double>(now - *since).count());
        context_.metrics.gaps.add();
        context_.metrics.gap_seconds.add(seconds);
        telemetry::log(Level::warning, "messages of this time may be missing",
                       {{"stream", context_.plan.name},
                        {"from", words(*since)},
                        {"until", words(now)},
                        {"seconds", seconds}});
    }

    void disconnected(const Error& error) {
        context_.metrics.up.set(0);
        context_.standing.note_trouble(error.what());
        if (stop_.stop_requested()) return;
        const auto wait = *retry_.failed();
        telemetry::log(Level::warning, "not connected",
                       {{"stream", context_.plan.name},
                        {"reason", error.what()},
                        {"wait_ms", wait.count()},
                        {"hint", error.hint()}});
        const auto until = Clock::system().now() + wait;
        while (goes_on() && Clock::system().now() < until) {
            note_progress({});
            wait_for(stop_, std::min<std::chrono::milliseconds>(wait, look_every));
        }
    }

    // Nothing of it is lost; but if it lasts, the server will end the connection.
    void complain_of_kafka() {
        outbox_->require_alive();
        const auto oldest = outbox_->oldest_waiting();
        const bool is_slow = oldest && Clock::system().wall() - *oldest > kafka_is_slow;
        if (is_slow && context_.standing.note_trouble("connected, but Kafka acknowledges nothing"))
            telemetry::log(Level::warning, "records wait for Kafka",
                           {{"stream", context_.plan.name}, {"records", outbox_->waiting()}});
        if (!is_slow && was_slow_) context_.standing.note_well();
        was_slow_ = is_slow;
    }

    const FeedContext& context_;
    const std::stop_token stop_;
    KeyReader keys_;
    std::unique_ptr<Outbox> outbox_;
    Retry retry_;
    std::int64_t records_before_;
    std::optional<WallTime> heard_;
    bool was_slow_ = false;
};

}  // namespace

void follow_websocket(const FeedContext& context, const std::stop_token& stop) {
    WebSocketFeed(context, stop).run();
}

}  // namespace tidewheel::source
