#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "chaos/ledger.hpp"
#include "chaos/supervisor.hpp"
#include "chaos/traffic.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/disk.hpp"
#include "tidewheel/testing/proxy.hpp"
#include "tidewheel/testing/servers.hpp"

namespace tidewheel::chaos {

// Everything that a run does harm to: three brokers and a PostgreSQL, each behind a proxy; two
// workers and two aggregators, or two runners, supervised; producers. The run itself looks past the proxies.
class Site {
  public:
    // programs: {"worker", "aggregator"} or {"runner"}, of which there are two each. weaken: the
    // guards that they do without (tests/weakened); empty: what users run.
    Site(std::uint64_t seed, int rate, std::vector<std::string> programs,
         const std::string& weaken);

    static constexpr int brokers = testing::PrivateCluster::size;
    const std::vector<std::string>& programs() const { return programs_; }
    const std::vector<std::string>& services() const { return services_; }  // "worker-1", …

    testing::Proxy& before_broker(int number) {
        return broker_proxies_.at(static_cast<std::size_t>(number));
    }
    testing::Proxy& before_postgres() { return *postgres_proxy_; }
    testing::PrivateKafka& broker(int number) { return cluster_.broker(number); }
    void start_brokers() { cluster_.start(); }  // those that are down
    // Whether the brokers have disks of their own, which can be filled: those of root do.
    static bool has_disks();
    void fill_disk(int broker);
    void free_disk(int broker);
    testing::PrivatePostgres& postgres() { return postgres_; }
    const testing::Deployment& deployment() const { return *deployment_; }
    Supervisor& supervisor() { return *supervisor_; }
    Traffic& traffic() { return *traffic_; }
    Ledger& ledger() { return ledger_; }
    const std::string& topic() const { return deployment_->topic(); }
    int partitions() const { return partitions_; }  // of the topic

    void add_partition();  // to the topic, up to eight
    // Waits until every partition has all its replicas, and the database answers.
    void await_servers();

  private:
    std::vector<std::string> programs_, services_;
    std::vector<std::unique_ptr<testing::Disk>> disks_;  // of the brokers, or none
    std::array<testing::Proxy, brokers> broker_proxies_;
    testing::PrivateCluster cluster_;
    testing::PrivatePostgres postgres_;
    std::unique_ptr<testing::Proxy> postgres_proxy_;
    std::unique_ptr<testing::Deployment> deployment_;
    Ledger ledger_;
    int partitions_ = 4;
    std::unique_ptr<Supervisor> supervisor_;
    std::unique_ptr<Traffic> traffic_;
};

}  // namespace tidewheel::chaos
