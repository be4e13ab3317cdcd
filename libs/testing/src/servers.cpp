#include "tidewheel/testing/servers.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/process.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {
namespace {

// Below the run's own state, so that `./dev test` finds and stops what a crashed test left.
std::string private_state(const std::string& script) {
    const char* run = std::getenv("TIDEWHEEL_STATE");
    const std::filesystem::path base =
        run != nullptr ? run : std::filesystem::temp_directory_path() / "tidewheel-tests";
    return (base / "private" / unique(script)).string();
}

}  // namespace

PrivateServer::PrivateServer(std::string script, std::vector<std::string> environment)
    : script_(std::move(script)),
      state_(private_state(script_)),
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

std::string PrivateServer::call(const std::string& verb) const {
    const Finished finished = run({TIDEWHEEL_SOURCE_DIR "/deploy/stack/" + script_, verb},
                                  environment_, std::chrono::seconds(120));
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

PrivatePostgres::PrivatePostgres(std::vector<std::string> environment)
    : PrivateServer("postgres", std::move(environment)) {}

std::string PrivatePostgres::url() const {
    return variable("TIDEWHEEL_DATABASE");
}

}  // namespace tidewheel::testing
