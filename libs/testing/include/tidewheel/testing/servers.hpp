#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tidewheel/kafka/client.hpp"
#include "tidewheel/testing/process.hpp"

namespace tidewheel::testing {

int free_port();  // on the loopback address, as things are now

// A server of one test's own, to be broken: started by the constructor through deploy/stack, wiped
// by the destructor. Every call returns when it has happened. What it holds outlives stop() and
// kill(); start() brings it back under the same ports, and throws where another program took one
// meanwhile, for clients of the test know the old one.
class PrivateServer {
  public:
    PrivateServer(const PrivateServer&) = delete;
    PrivateServer& operator=(const PrivateServer&) = delete;

    void start();
    void stop();    // an orderly shutdown
    void kill();    // SIGKILL to every process of it
    void freeze();  // SIGSTOP: connections stay open and nothing answers
    void thaw();
    bool running() const;

  protected:
    // script: its name in deploy/stack. environment: "NAME=value", the settings that the script
    // documents.
    PrivateServer(std::string script, std::vector<std::string> environment);
    ~PrivateServer();
    std::string variable(const std::string& name) const;  // as the script's `env` prints it

  private:
    Finished attempt(const std::string& verb) const;
    std::string call(const std::string& verb) const;  // throws when it fails

    std::string script_, state_;
    std::vector<std::string> environment_;
    std::string addresses_;  // as `env` printed them after the first start
};

class PrivateKafka : public PrivateServer {
  public:
    explicit PrivateKafka(std::vector<std::string> environment = {});
    kafka::ClientSettings settings() const;
    // The listener that wants a password, with TIDEWHEEL_KAFKA_PASSWORD in the environment; those
    // with TLS, with TIDEWHEEL_STACK_KAFKA_PEM.
    std::string checked_address() const;
    std::string tls_address() const;
    std::string checked_tls_address() const;
};

// Three brokers, of which one may be away at any time: every partition has three replicas, and a
// record is acknowledged by two.
class PrivateCluster {
  public:
    static constexpr int size = 3;
    // advertised: what each broker tells clients and the others to connect to, e.g. proxies; empty:
    // where it listens. data: the directory in which each keeps its log; empty: one in its state.
    explicit PrivateCluster(const std::vector<std::string>& advertised = {},
                            const std::vector<std::string>& data = {});
    PrivateKafka& broker(int number) { return *brokers_.at(static_cast<std::size_t>(number)); }
    void start();  // those that are down, all at once: none serves before two run
    kafka::ClientSettings settings() const;

  private:
    std::vector<std::unique_ptr<PrivateKafka>> brokers_;
};

class PrivatePostgres : public PrivateServer {
  public:
    explicit PrivatePostgres(std::vector<std::string> environment = {});
    std::string url() const;  // the superuser's, with its password
};

class PrivateRedis : public PrivateServer {
  public:
    // options: further lines of redis.conf, separated by ';'. Without any it keeps its data in
    // memory alone.
    explicit PrivateRedis(const std::string& options = {});
    std::string url() const;
    // What redis-cli prints for a command, without the newline at its end. Throws where it fails.
    std::string ask(std::vector<std::string> command) const;
};

}  // namespace tidewheel::testing
