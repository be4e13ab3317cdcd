// What happens to the services themselves.
#include <csignal>
#include <memory>

#include "chaos/faults.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> steps{"in_claim",      "after_claim",         "before_copy",
                                     "during_copy",   "after_copy",          "before_rows",
                                     "before_views",  "before_dead_letters", "before_progress",
                                     "before_commit", "after_commit"};

Happening killed(Site& site, Random& random) {
    const std::string name = random.one_of(site.services());
    site.supervisor().signal(name, SIGKILL);
    return {name, 1, {}, {}};
}

Happening all_killed(Site& site, Random&) {
    for (const std::string& name : site.services())
        site.supervisor().signal(name, SIGKILL);
    return {"all of them", static_cast<int>(site.services().size()), {}, {}};
}

// Its successor has the failpoint armed, and dies there; the one after that lives.
Happening killed_at_a_step(Site& site, Random& random) {
    const std::string name = random.one_of(site.services()), step = random.one_of(steps);
    site.supervisor().arm(
        name, "TIDEWHEEL_FAILPOINTS=" + step + "=kill@" + std::to_string(1 + random.below(4)));
    site.supervisor().signal(name, SIGKILL);
    return {name + " at " + step, 2, {}, {}};
}

Happening frozen(Site& site, Random& random) {
    const std::string name = random.one_of(site.services());
    site.supervisor().signal(name, SIGSTOP);
    return {name, 0, {}, [&site, name](Happening&) { site.supervisor().signal(name, SIGCONT); }};
}

// The one whose backend waits for the rest of a COPY: its locks are freed by nobody but its
// successor. A slow network makes such moments long enough to be met.
Happening frozen_in_copy(Site& site, Random&) {
    std::string owner;
    site.before_postgres().delay(30ms);
    testing::eventually(
        "a service is in the middle of COPY",
        [&] {
            const auto owners =
                site.deployment().query("SELECT p.owner FROM tidewheel.progress p JOIN " +
                                        std::string(postgres::advisory_locks) +
                                        " l ON l.key = " + postgres::batch_mark("p.epoch") +
                                        " JOIN pg_stat_activity a ON a.pid = l.pid WHERE a.query "
                                        "LIKE 'COPY%' AND a.state = 'active' AND a.wait_event = "
                                        "'ClientRead' LIMIT 1");
            if (!owners.empty()) owner = owners.front().text(0);
            return !owner.empty();
        },
        20s);
    site.supervisor().signal(owner, SIGSTOP);
    site.before_postgres().heal();
    return {owner, 0, {}, [&site, owner](Happening&) { site.supervisor().signal(owner, SIGCONT); }};
}

// It still heartbeats, but a lane's thread never comes back: its own watchdog has to end it.
Happening stuck(Site& site, Random& random) {
    const std::string name = random.one_of(site.services()), step = random.one_of(steps);
    site.supervisor().arm(name, "TIDEWHEEL_FAILPOINTS=" + step + "=hang@1");
    site.supervisor().signal(name, SIGKILL);
    return {name + " at " + step, 1, {}, {}};
}

Happening drained(Site& site, Random& random) {
    const std::string name = random.one_of(site.services());
    const auto took = site.supervisor().release(name, 10s);
    site.supervisor().keep(name);
    return {name + ", which took " + std::to_string(took.count()) + " ms", 0, {}, {}};
}

// Two processes with one group.instance.id: the younger takes the older one's place, which has to
// end; started again, it is the younger.
Happening instance_doubled(Site& site, Random& random) {
    const std::string program = random.one_of(site.programs());
    const std::vector<std::string> twins{program + "-3", program + "-4"};
    const auto starts = [&site, twins] {
        return site.supervisor().starts(twins[0]) + site.supervisor().starts(twins[1]);
    };
    const std::uint64_t before = starts();
    for (const std::string& twin : twins)
        site.supervisor().keep(twin, {"TIDEWHEEL_KAFKA_OPTIONS=session.timeout.ms=6000;"
                                      "group.instance.id=twin"});
    return {twins[0] + " and " + twins[1], 0, {}, [&site, twins, starts, before](Happening& now) {
                testing::eventually("one of two twins has ended",
                                    [&] { return starts() > before + 2; });
                now.kills = static_cast<std::int64_t>(starts() - before - 2);
                for (const std::string& twin : twins)
                    site.supervisor().release(twin, 10s);
            }};
}

// Members come and go, and the topic grows.
Happening rebalanced(Site& site, Random& random) {
    const auto members = std::make_shared<int>(0);
    const auto toggle = [&site, members] {
        for (const std::string& program : site.programs()) {
            const std::string name = program + "-3";
            if (*members % 2 == 0)
                site.supervisor().keep(name);
            else
                site.supervisor().release(name, 10s);
        }
        ++*members;
    };
    if (random.below(2) == 0) site.add_partition();
    toggle();
    const auto calls = std::make_shared<int>(0);
    return {"by a third of each program", 0,
            [toggle, calls](Happening&) {
                if (++*calls % 40 == 0) toggle();
            },
            [toggle, members](Happening&) {
                if (*members % 2 == 1) toggle();
            }};
}

}  // namespace

std::vector<Fault> service_faults() {
    return {
        {"service-killed", "1", services, true, false, 0s, 0s, killed},
        {"services-killed", "1", services, true, false, 0s, 0s, all_killed},
        {"service-killed-at-a-step", "1", services, true, false, 0s, 0s, killed_at_a_step},
        {"service-frozen", "2", services, true, false, 8s, 10s, frozen},
        {"service-frozen-in-copy", "3", services | database, true, false, 8s, 10s, frozen_in_copy},
        {"service-stuck", "4", services, true, true, 0s, 0s, stuck},
        {"instance-doubled", "15", services | brokers | database, false, false, 6s, 10s,
         instance_doubled},
        {"rebalances", "14", services | brokers, false, false, 8s, 10s, rebalanced},
        {"service-drained", "26", services, true, false, 0s, 0s, drained},
    };
}

}  // namespace tidewheel::chaos
