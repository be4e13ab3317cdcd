#include "chaos/ends.hpp"

#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using namespace std::chrono_literals;
using testing::Proxy;

constexpr auto hold = 3s;

// The host and port of a URL with a password.
std::string host_of(const std::string& url) {
    const std::size_t begin = url.find('@') + 1;
    return url.substr(begin, url.find('/', begin) - begin);
}

std::string through(const Proxy& proxy, std::string url) {
    const std::string host = host_of(url);
    return url.replace(url.find(host), host.size(), proxy.address());
}

// While `harm` is repeated.
void last(const std::function<void()>& harm = {}) {
    const auto until = std::chrono::steady_clock::now() + hold;
    while (std::chrono::steady_clock::now() < until) {
        if (harm) harm();
        std::this_thread::sleep_for(200ms);
    }
}

}  // namespace

Ends::Ends(const std::string& pipeline, const std::vector<std::string>& services,
           const std::vector<std::string>& environment)
    : services_(services),
      kafka_({"TIDEWHEEL_KAFKA_ADVERTISED=" + kafka_proxy_.address()}),
      postgres_({"TIDEWHEEL_POSTGRES_BUFFERS=64MB"}) {
    kafka_proxy_.aim(kafka_.settings().brokers);
    const std::string url = postgres_.url();
    postgres_proxy_ = std::make_unique<Proxy>(host_of(url));
    kafka::ClientSettings settings = kafka_.settings();
    settings.brokers = kafka_proxy_.address();
    deployment_ = std::make_unique<testing::Deployment>(url, settings);
    deployment_->must({"init"});
    deployment_->must({"apply", deployment_->file(pipeline)});
    std::vector<std::string> all{"TIDEWHEEL_KAFKA=" + settings.brokers,
                                 "TIDEWHEEL_DATABASE=" + through(*postgres_proxy_, url),
                                 "TIDEWHEEL_KAFKA_OPTIONS=session.timeout.ms=6000",
                                 "TIDEWHEEL_RETRY_LONGEST=1s"};
    all.insert(all.end(), environment.begin(), environment.end());
    supervisor_ = std::make_unique<Supervisor>(*deployment_, std::move(all), "");
    for (const std::string& name : services_)
        supervisor_->keep(name);
}

void Ends::harm(const std::function<void(const std::string&)>& before_each) {
    const auto tell = [&](const std::string& fault) {
        std::fprintf(stderr, "%s\n", fault.c_str());
        before_each(fault);
    };
    harm_services(tell);
    harm_connections("Kafka", kafka_proxy_, tell);
    harm_connections("PostgreSQL", *postgres_proxy_, tell);
}

void Ends::harm_services(const std::function<void(const std::string&)>& before_each) {
    for (const std::string& name : services_) {
        before_each(name + " is killed");
        supervisor_->signal(name, SIGKILL);
        last();
        before_each(name + " is frozen");
        supervisor_->signal(name, SIGSTOP);
        last();
        supervisor_->signal(name, SIGCONT);
    }
}

void Ends::harm_connections(const std::string& server, Proxy& proxy,
                            const std::function<void(const std::string&)>& before_each) {
    before_each(server + " is slow");
    proxy.delay(20ms, 80ms);
    last();
    proxy.heal();
    before_each(server + " is silent");
    proxy.hold();
    last();
    proxy.heal();
    before_each(server + "'s connections are cut");
    last([&] { proxy.cut(); });
    proxy.heal();
}

void Ends::finish() {
    for (const std::string& name : services_)
        supervisor_->release(name, 11s);
    std::string defects;
    for (const std::string& each : supervisor_->defects())
        defects += each + "\n";
    if (!defects.empty()) throw std::runtime_error(defects);
}

}  // namespace tidewheel::chaos
