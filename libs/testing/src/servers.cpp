#include "tidewheel/testing/servers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>
#include <random>

#include "descriptor.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {
namespace {

constexpr const char* replicated =
    "default.replication.factor=3;min.insync.replicas=2;offsets.topic.replication.factor=3;"
    "transaction.state.log.replication.factor=3;transaction.state.log.min.isr=2;"
    "unclean.leader.election.enable=false;replica.lag.time.max.ms=5000;num.replica.fetchers=1";

bool is_free(int port) {
    const Descriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string voters_of(int nodes) {
    std::string voters;
    for (int node = 1; node <= nodes; ++node)
        voters += (node > 1 ? "," : "") + std::to_string(node) +
                  "@127.0.0.1:" + std::to_string(free_port());
    return voters;
}

}  // namespace

// Below 32768, where Linux starts to hand out ports to outgoing connections.
int free_port() {
    static std::mt19937 random{std::random_device{}()};
    for (;;) {
        const int port = 10240 + static_cast<int>(random() % 22000);
        if (is_free(port)) return port;
    }
}

PrivateServer::PrivateServer(std::string script, std::vector<std::string> environment)
    : script_(std::move(script)),
      state_(unique_path("private", script_)),
      environment_(std::move(environment)) {
    environment_.push_back("TIDEWHEEL_STATE=" + state_);
    start();
}

PrivateServer::~PrivateServer() {
    try {
        call("wipe");
    } catch (const Error& error) {
        std::fprintf(stderr, "%s stays behind in %s: %s\n", script_.c_str(), state_.c_str(),
                     error.what());
    }
    std::error_code ignored;
    std::filesystem::remove_all(state_, ignored);
}

void PrivateServer::start() {
    call("start");
    const std::string addresses = call("env");
    if (addresses_.empty()) addresses_ = addresses;
    if (addresses != addresses_)
        throw Error(Error::Kind::unavailable, "deploy/stack/" + script_ + " was at " + addresses_ +
                                                  "and is now at " + addresses);
}

void PrivateServer::stop() {
    call("stop");
}

void PrivateServer::kill() {
    call("kill");
}

void PrivateServer::freeze() {
    call("freeze");
}

void PrivateServer::thaw() {
    call("thaw");
}

std::string PrivateServer::variable(const std::string& name) const {
    const std::string lines = "\n" + call("env"), before = "\n" + name + "=";
    const std::size_t found = lines.find(before);
    if (found == std::string::npos)
        throw Error(Error::Kind::setting, "deploy/stack/" + script_ + " env doesn't print " + name);
    const std::size_t begin = found + before.size();
    return lines.substr(begin, lines.find('\n', begin) - begin);
}

bool PrivateServer::running() const {
    return attempt("status").status == 0;
}

Finished PrivateServer::attempt(const std::string& verb) const {
    return run({TIDEWHEEL_SOURCE_DIR "/deploy/stack/" + script_, verb}, environment_,
               std::chrono::seconds(120));
}

std::string PrivateServer::call(const std::string& verb) const {
    const Finished finished = attempt(verb);
    if (finished.status != 0)
        throw Error(Error::Kind::unavailable,
                    "deploy/stack/" + script_ + " " + verb + " failed: " + finished.errors);
    return finished.output;
}

PrivateKafka::PrivateKafka(std::vector<std::string> environment)
    : PrivateServer("kafka", std::move(environment)) {}

kafka::ClientSettings PrivateKafka::settings() const {
    kafka::ClientSettings settings;
    settings.brokers = variable("TIDEWHEEL_KAFKA");
    settings.client_id = "tidewheel-test";
    return settings;
}

std::string PrivateKafka::checked_address() const {
    return variable("TIDEWHEEL_KAFKA_SASL");
}

std::string PrivateKafka::tls_address() const {
    return variable("TIDEWHEEL_KAFKA_TLS");
}

std::string PrivateKafka::checked_tls_address() const {
    return variable("TIDEWHEEL_KAFKA_SASL_TLS");
}

PrivateCluster::PrivateCluster(const std::vector<std::string>& advertised,
                               const std::vector<std::string>& data)
    : brokers_(size) {
    const std::string voters = voters_of(size);
    std::vector<std::future<std::unique_ptr<PrivateKafka>>> starts;
    for (std::size_t i = 0; i < size; ++i) {
        std::vector<std::string> environment{
            "TIDEWHEEL_KAFKA_HEAP=256m", "TIDEWHEEL_KAFKA_NODE=" + std::to_string(i + 1),
            "TIDEWHEEL_KAFKA_VOTERS=" + voters,
            std::string("TIDEWHEEL_STACK_KAFKA_PROPERTIES=") + replicated};
        if (!advertised.empty())
            environment.push_back("TIDEWHEEL_KAFKA_ADVERTISED=" + advertised.at(i));
        if (!data.empty()) environment.push_back("TIDEWHEEL_KAFKA_DATA=" + data.at(i));
        // None of them serves before two of them run.
        starts.push_back(std::async(std::launch::async, [environment] {
            return std::make_unique<PrivateKafka>(environment);
        }));
    }
    std::transform(starts.begin(), starts.end(), brokers_.begin(),
                   [](auto& start) { return start.get(); });
}

void PrivateCluster::start() {
    std::vector<std::future<void>> starts;
    for (const auto& broker : brokers_)
        starts.push_back(std::async(std::launch::async, [&broker] { broker->start(); }));
    for (auto& each : starts)
        each.get();
}

kafka::ClientSettings PrivateCluster::settings() const {
    kafka::ClientSettings settings = brokers_.front()->settings();
    for (std::size_t i = 1; i < brokers_.size(); ++i)
        settings.brokers += "," + brokers_[i]->settings().brokers;
    return settings;
}

PrivatePostgres::PrivatePostgres(std::vector<std::string> environment)
    : PrivateServer("postgres", std::move(environment)) {}

std::string PrivatePostgres::url() const {
    return variable("TIDEWHEEL_DATABASE");
}

PrivateRedis::PrivateRedis(const std::string& options)
    : PrivateServer("redis", {"TIDEWHEEL_REDIS_OPTIONS=" + options}) {}

std::string PrivateRedis::url() const {
    return variable("TIDEWHEEL_REDIS");
}

std::string PrivateRedis::ask(std::vector<std::string> command) const {
    command.insert(command.begin(), {"redis-cli", "-u", url()});
    Finished finished = run(command, {}, std::chrono::seconds(30));
    if (finished.status != 0)
        throw Error(Error::Kind::unavailable, "redis-cli failed: " + finished.errors);
    while (finished.output.ends_with('\n'))
        finished.output.pop_back();
    return finished.output;
}

}  // namespace tidewheel::testing
