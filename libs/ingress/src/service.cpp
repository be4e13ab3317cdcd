#include "tidewheel/ingress/service.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "catalogue_follower.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/service/kafka_settings.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::ingress {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;
using telemetry::Metric;

constexpr int handler_threads = 2;
constexpr auto look_every = 500ms;
const std::map<std::string, std::string> try_again{{"Retry-After", "1"}};
constexpr auto probe_every = 5s;
constexpr auto probe_timeout = 3s;
constexpr std::chrono::milliseconds longest_stop = 8s;  // a stop has ten

http::ServerLimits server_limits(const Settings& settings) {
    http::ServerLimits limits;
    limits.header_bytes = settings.ingress_header_bytes;
    limits.body_bytes = settings.ingress_body_bytes;
    limits.timeout = settings.ingress_read_time;
    limits.connections = settings.ingress_connections;
    limits.bodies_bytes = std::max(settings.ingress_queue_bytes, settings.ingress_body_bytes);
    limits.grace = std::min(settings.ingress_delivery_time + 1s, longest_stop);
    return limits;
}

std::optional<http::CertificateFiles> certificate_files(const Settings& settings) {
    const std::string &chain = settings.ingress_certificate_file, &key = settings.ingress_key_file;
    if (chain.empty() && key.empty()) return std::nullopt;
    if (chain.empty())
        throw Error(Error::Kind::setting, "ingress_key_file without ingress_certificate_file",
                    "Name the file of the certificate, too.");
    return http::CertificateFiles{chain, key.empty() ? chain : key};
}

class Service {
  public:
    Service(const Settings& settings, service::Vitals& vitals)
        : settings_(settings),
          kafka_(service::kafka_settings(settings, "tidewheel-ingress")),
          vitals_(vitals),
          publisher_(kafka_, {settings.ingress_queue_records, settings.ingress_queue_bytes,
                              settings.ingress_delivery_time}),
          surroundings_{publisher_, vitals_.metrics(), settings.ingress_body_bytes,
                        settings.ingress_queue_records, settings.ingress_secrets},
          strays_(vitals_.metrics(), ""),
          catalogue_(settings, surroundings_, vitals_.health()),
          server_(std::make_unique<http::Server>(settings.ingress_listen, server_limits(settings),
                                                 handler_threads)) {
        add_routes();
    }

    void run(const std::stop_token& stop) {
        vitals_.health().set_degraded("catalogue", "not read yet");
        vitals_.health().set_degraded("kafka", "has not been reached yet");
        catalogue_.start();
        server_->start();
        telemetry::log(Level::info, "listening", {{"ingress", server_->url()}});
        do {
            catalogue_.look();
            look_after_kafka();
            vitals_.beat();
        } while (wait_for(stop, look_every));
        vitals_.health().set_degraded("service", "stopping");
        telemetry::log(Level::info, "stopping");
        server_.reset();  // answers what Kafka still acknowledges
        telemetry::log(Level::info, "stopped");
    }

  private:
    void add_routes() {
        if (const auto files = certificate_files(settings_)) server_->use_tls(*files);
        server_->describe_refusals([this](int status, const std::string& why) {
            strays_.count_answer(status);
            Problem problem{status, why};
            if (status == 503) problem.headers = try_again;
            return response_of(std::move(problem));
        });
        server_->on_error([](const std::string& what) {
            telemetry::log(Level::error, "request failed", {{"reason", what}});
        });
        server_->route("GET", std::string(sql::openapi_path), [this](const http::Request&) {
            const auto endpoints = catalogue_.endpoints();
            if (!endpoints) return response_of(not_read_yet());
            return http::Response{.content_type = "application/json", .body = endpoints->openapi};
        });
        server_->otherwise([this](http::Request&& request, http::Respond respond) {
            answer(std::move(request), std::move(respond));
        });
    }

    static Problem not_read_yet() { return {503, "the streams are not known yet", {}, try_again}; }

    void answer(http::Request&& request, http::Respond respond) {
        const auto endpoints = catalogue_.endpoints();
        if (!endpoints) return strays_.counted(respond)(response_of(not_read_yet()));
        const auto found = endpoints->by_path.find(request.path);
        if (found != endpoints->by_path.end())
            return found->second->answer(std::move(request), std::move(respond));
        strays_.counted(respond)(response_of({404, "no stream takes records at this path"}));
    }

    // Throws FatalError: a supervisor starts the service again.
    void look_after_kafka() {
        publisher_.require_alive();
        const auto now = Clock::system().now();
        if (now - probed_ < probe_every) return;
        probed_ = now;
        try {
            require_topics();
            complaint_.clear();
            publisher_.note_answer();
            vitals_.health().set_healthy("kafka");
            vitals_.metrics().gauge(Metric::broker_up).set(1);
        } catch (const Error& error) {
            if (error.kind() == Error::Kind::setting) throw;
            vitals_.metrics().gauge(Metric::broker_up).set(error.retryable() ? 0 : 1);
            if (error.retryable()) return vitals_.health().set_degraded("kafka", error.what());
            // One topic is gone, or forbidden: the others take records.
            publisher_.note_answer();
            vitals_.health().set_healthy("kafka");
            if (complaint_ == error.what()) return;
            complaint_ = error.what();
            telemetry::log(Level::warning, "a topic can't take records",
                           {{"reason", error.what()}, {"hint", error.hint()}});
        }
    }

    void require_topics() {
        kafka::Admin admin(kafka_, probe_timeout);
        admin.require_broker();
        const auto endpoints = catalogue_.endpoints();
        if (!endpoints) return;
        for (const auto& [path, endpoint] : endpoints->by_path) {
            const std::string& topic = endpoint->rules().stream.stream.topic;
            if (!admin.partitions(topic))
                throw Error(Error::Kind::refused, "topic " + topic + " does not exist");
        }
    }

    const Settings& settings_;
    const kafka::ClientSettings kafka_;
    service::Vitals& vitals_;
    kafka::Publisher publisher_;
    const Surroundings surroundings_;
    EndpointMetrics strays_;  // requests to no stream
    CatalogueFollower catalogue_;
    Clock::Monotonic probed_{};
    std::string complaint_;                 // about a topic, the last one
    std::unique_ptr<http::Server> server_;  // the first to go
};

}  // namespace

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    Service(settings, vitals).run(stop);
}

}  // namespace tidewheel::ingress
