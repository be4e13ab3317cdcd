#include "chaos/site.hpp"

#include "chaos/invariants.hpp"
#include "testing/replicas.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using testing::Deployment;
using testing::Proxy;

std::vector<std::string> addresses(const std::array<Proxy, Site::brokers>& proxies) {
    std::vector<std::string> all;
    for (const Proxy& each : proxies)
        all.push_back(each.address());
    return all;
}

// What a broker's log never reaches in a run.
constexpr const char* plenty = "4g";

std::vector<std::unique_ptr<testing::Disk>> disks() {
    std::vector<std::unique_ptr<testing::Disk>> all;
    for (int i = 0; i < Site::brokers && Site::has_disks(); ++i)
        all.push_back(std::make_unique<testing::Disk>(plenty));
    return all;
}

std::vector<std::string> paths(const std::vector<std::unique_ptr<testing::Disk>>& disks) {
    std::vector<std::string> all;
    for (const auto& each : disks)
        all.push_back(each->path());
    return all;
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& each : items)
        text += (text.empty() ? "" : ",") + each;
    return text;
}

// "host:port" of a postgresql:// URL with a password: [begin, end).
std::pair<std::size_t, std::size_t> host_of(const std::string& url) {
    const std::size_t begin = url.find('@') + 1;
    return {begin, url.find('/', begin)};
}

std::string through(const Proxy& proxy, std::string url) {
    const auto [begin, end] = host_of(url);
    return url.replace(begin, end - begin, proxy.address());
}

// Services under test reach every server through its proxy, and find out sooner that a member of
// their group is gone, or that one of their own lanes is stuck: the shortest times that are
// allowed.
std::vector<std::string> service_environment(const std::string& brokers, const Proxy& postgres,
                                             const std::string& url, const std::string& weaken) {
    return {"TIDEWHEEL_WEAKEN=" + weaken,  // which only weakened programs heed
            "TIDEWHEEL_KAFKA=" + brokers,
            "TIDEWHEEL_DATABASE=" + through(postgres, url),
            "TIDEWHEEL_KAFKA_OPTIONS=session.timeout.ms=6000",
            "TIDEWHEEL_RETRY_LONGEST=1s",
            "TIDEWHEEL_STALL_AFTER=5s"};
}

}  // namespace

bool Site::has_disks() {
    static const bool may_be_had = testing::Disk::may_be_had();
    return may_be_had;
}

Site::Site(std::uint64_t seed, int rate, std::vector<std::string> programs,
           const std::string& weaken)
    : programs_(std::move(programs)),
      disks_(disks()),
      cluster_(addresses(broker_proxies_), paths(disks_)),
      postgres_(
          {"TIDEWHEEL_POSTGRES_OPTIONS=max_connections = 60", "TIDEWHEEL_POSTGRES_BUFFERS=64MB"}) {
    for (int i = 0; i < brokers; ++i)
        before_broker(i).aim(broker(i).settings().brokers);
    const std::string url = postgres_.url();
    const auto [begin, end] = host_of(url);
    postgres_proxy_ = std::make_unique<Proxy>(url.substr(begin, end - begin));

    kafka::ClientSettings settings = cluster_.settings();
    settings.brokers = joined(addresses(broker_proxies_));
    deployment_ = std::make_unique<Deployment>(url, settings);
    testing::eventually("every broker has joined", [&] {
        return !kafka::Admin(settings).objection("any", 1, brokers).has_value();
    });
    prepare(*deployment_);
    supervisor_ = std::make_unique<Supervisor>(
        *deployment_, service_environment(settings.brokers, *postgres_proxy_, url, weaken),
        weaken.empty() ? "" : "-weakened");
    for (const std::string& program : programs_)
        for (const char* number : {"-1", "-2"})
            services_.push_back(program + number);
    for (const std::string& name : services_)
        supervisor_->keep(name);
    traffic_ = std::make_unique<Traffic>(settings, deployment_->topic(), ledger_, seed, rate);
}

void Site::fill_disk(int broker) {
    disks_.at(static_cast<std::size_t>(broker))->leave_no_room();
}

void Site::free_disk(int broker) {
    disks_.at(static_cast<std::size_t>(broker))->resize(plenty);
}

void Site::add_partition() {
    if (partitions_ == 8) return;
    kafka::Admin(deployment_->kafka(), std::chrono::seconds(30))
        .add_partitions(deployment_->topic(), partitions_ + 1);
    traffic_->set_partitions(++partitions_);
}

void Site::await_servers() {
    testing::eventually(
        "the servers serve",
        [&] {
            return kafka::testing::in_sync_replicas(deployment_->kafka(),
                                                    std::chrono::seconds(5)) == brokers &&
                   deployment_->value("SELECT 1") == "1";
        },
        std::chrono::seconds(60));
}

}  // namespace tidewheel::chaos
