// What happens to the brokers, and on the way to them.
#include <memory>

#include "chaos/faults.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using namespace std::chrono_literals;

std::string named(int broker) {
    return "broker " + std::to_string(broker + 1);
}

Happening killed(Site& site, Random& random) {
    const int broker = random.below(Site::brokers);
    site.broker(broker).kill();
    return {named(broker), 1, {}, [&site, broker](Happening&) { site.broker(broker).start(); }};
}

Happening all_killed(Site& site, Random&) {
    for (int broker = 0; broker < Site::brokers; ++broker)
        site.broker(broker).kill();
    return {"all three", Site::brokers, {}, [&site](Happening&) { site.start_brokers(); }};
}

Happening restarted_in_turn(Site& site, Random&) {
    for (int broker = 0; broker < Site::brokers; ++broker) {
        site.broker(broker).stop();
        site.broker(broker).start();
        site.await_servers();
    }
    return {"all three, one after the other", 0, {}, {}};
}

// It ends by itself once it can't write, and comes back when there is room.
void await_end(testing::PrivateKafka& broker) {
    testing::eventually(
        "a broker whose disk is full ends", [&] { return !broker.running(); },
        std::chrono::seconds(30));
}

Happening full(Site& site, Random& random) {
    const int broker = random.below(Site::brokers);
    site.fill_disk(broker);
    return {named(broker) + "'s disk", 0, {}, [&site, broker](Happening& now) {
                await_end(site.broker(broker));
                ++now.kills;
                site.free_disk(broker);
                site.broker(broker).start();
            }};
}

Happening all_full(Site& site, Random&) {
    for (int broker = 0; broker < Site::brokers; ++broker)
        site.fill_disk(broker);
    return {"all disks", 0, {}, [&site](Happening& now) {
                for (int broker = 0; broker < Site::brokers; ++broker)
                    await_end(site.broker(broker));
                now.kills += Site::brokers;
                for (int broker = 0; broker < Site::brokers; ++broker)
                    site.free_disk(broker);
                site.start_brokers();
            }};
}

Happening frozen(Site& site, Random& random) {
    const int broker = random.below(Site::brokers);
    site.broker(broker).freeze();
    return {named(broker), 0, {}, [&site, broker](Happening&) { site.broker(broker).thaw(); }};
}

Happening heals(Site& site, int broker, const std::string& how) {
    return {named(broker) + how, 0, {}, [&site, broker](Happening&) {
                site.before_broker(broker).heal();
            }};
}

Happening held(Site& site, Random& random) {
    const int broker = random.below(Site::brokers), way = random.below(3);
    testing::Proxy& proxy = site.before_broker(broker);
    if (way == 0) proxy.hold();
    if (way == 1) proxy.hold(testing::Way::to_server);
    if (way == 2) proxy.hold(testing::Way::to_client);
    return heals(site, broker, way == 0 ? ", both ways" : way == 1 ? ", to it" : ", from it");
}

Happening slow(Site& site, Random& random) {
    const int broker = random.below(Site::brokers);
    const bool bytes = random.below(2) == 0;
    if (bytes)
        site.before_broker(broker).one_byte_pieces();
    else
        site.before_broker(broker).delay(50ms, 150ms);
    return heals(site, broker, bytes ? ", a byte at a time" : ", 50 to 200 ms");
}

Happening cut(Site& site, Random& random) {
    const int broker = random.below(Site::brokers);
    Happening happening = heals(site, broker, ", after some bytes each");
    const auto draws = std::make_shared<Random>(static_cast<std::uint64_t>(random.below(1 << 30)));
    happening.go_on = [&site, broker, draws](Happening& now) {
        if (draws->below(8) > 0) return;
        testing::Proxy& proxy = site.before_broker(broker);
        now.kills += static_cast<std::int64_t>(proxy.connections());
        proxy.cut_after(draws->below(2) == 0 ? testing::Way::to_server : testing::Way::to_client,
                        static_cast<std::size_t>(1 + draws->below(5000)));
    };
    return happening;
}

Happening transaction_hung(Site& site, Random&) {
    site.traffic().hang(true);
    return {"nothing behind it can be read", 0, {}, [&site](Happening&) {
                site.traffic().hang(false);
            }};
}

}  // namespace

std::vector<Fault> kafka_faults() {
    std::vector<Fault> faults{
        {"broker-killed", "5", brokers, true, false, 3s, 6s, killed},
        {"brokers-killed", "5", brokers, false, true, 1s, 5s, all_killed},
        {"brokers-restarted", "5", brokers, false, true, 0s, 0s, restarted_in_turn},
        {"broker-frozen", "6", brokers, false, false, 4s, 8s, frozen},
        {"broker-held", "7", brokers, false, false, 3s, 8s, held},
        {"broker-slow", "8", brokers, false, false, 3s, 6s, slow},
        {"broker-cut", "8", brokers, false, false, 3s, 6s, cut},
        {"transaction-hung", "17", brokers, false, false, 3s, 6s, transaction_hung},
    };
    if (Site::has_disks()) {
        faults.push_back({"broker-full", "18", brokers, true, false, 3s, 6s, full});
        faults.push_back({"brokers-full", "18", brokers, false, true, 3s, 6s, all_full});
    }
    return faults;
}

}  // namespace tidewheel::chaos
