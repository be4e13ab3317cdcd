// What happens to PostgreSQL, in it, and on the way to it.
#include <memory>

#include "chaos/faults.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::chaos {
namespace {

using namespace std::chrono_literals;
using postgres::Connection;
using postgres::Transaction;

// A session of the suite's own, past the proxy.
std::shared_ptr<Connection> session(Site& site) {
    return std::make_shared<Connection>(site.deployment().url(), "chaos");
}

std::int64_t end_backends(Connection& connection, int most) {
    return static_cast<std::int64_t>(
        connection
            .query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name"
                   " LIKE 'tidewheel-%' ORDER BY random() LIMIT " +
                   std::to_string(most))
            .size());
}

Happening heals(Site& site, const std::string& how) {
    return {how, 0, {}, [&site](Happening&) { site.before_postgres().heal(); }};
}

Happening held(Site& site, Random& random) {
    const int way = random.below(3);
    testing::Proxy& proxy = site.before_postgres();
    if (way == 0) proxy.hold();
    if (way == 1) proxy.hold(testing::Way::to_server);
    if (way == 2) proxy.hold(testing::Way::to_client);
    return heals(site, way == 0 ? "both ways" : way == 1 ? "to it" : "from it");
}

Happening slow(Site& site, Random& random) {
    const bool bytes = random.below(2) == 0;
    if (bytes)
        site.before_postgres().one_byte_pieces();
    else
        site.before_postgres().delay(20ms, 80ms);
    return heals(site, bytes ? "a byte at a time" : "20 to 100 ms");
}

Happening cut(Site& site, Random& random) {
    Happening happening = heals(site, "after some bytes each");
    const auto draws = std::make_shared<Random>(static_cast<std::uint64_t>(random.below(1 << 30)));
    happening.go_on = [&site, draws](Happening& now) {
        if (draws->below(8) > 0) return;
        testing::Proxy& proxy = site.before_postgres();
        now.kills += static_cast<std::int64_t>(proxy.connections());
        proxy.cut_after(draws->below(2) == 0 ? testing::Way::to_server : testing::Way::to_client,
                        static_cast<std::size_t>(1 + draws->below(20'000)));
    };
    return happening;
}

// PostgreSQL has committed, and the answer is lost. The words are the message that has a COMMIT
// parsed, which arrives together with the one that has it run.
Happening commit_unanswered(Site& site, Random&) {
    const std::uint64_t before = site.before_postgres().swallowed();
    site.before_postgres().swallow_answer_to(
        std::string("P\0\0\0\x0e\0"
                    "COMMIT\0\0\0",
                    15));
    return {"every COMMIT", 0, {}, [&site, before](Happening& now) {
                site.before_postgres().heal();
                now.kills = static_cast<std::int64_t>(site.before_postgres().swallowed() - before);
            }};
}

Happening backends_killed(Site& site, Random&) {
    return {"one at a time",
            0,
            [own = session(site)](Happening& now) { now.kills += end_backends(*own, 1); },
            {}};
}

Happening killed(Site& site, Random&) {
    site.postgres().kill();
    return {"by SIGKILL", 1, {}, [&site](Happening&) { site.postgres().start(); }};
}

// As after a power failure of a server that was told not to wait for its disk: the last commits are
// gone, rows and progress alike, though Kafka's group may know of them.
Happening forgets(Site& site, Random&) {
    const auto alter = [&site](const std::vector<std::string>& settings) {
        const auto own = session(site);
        for (const std::string& each : settings)
            own->query("ALTER SYSTEM " + each);
        own->query("SELECT pg_reload_conf()");
    };
    alter({"SET synchronous_commit = off", "SET wal_writer_delay = '10s'"});
    return {"its last commits", 1, {}, [&site, alter](Happening&) {
                site.postgres().kill();
                site.postgres().start();
                alter({"RESET synchronous_commit", "RESET wal_writer_delay"});
            }};
}

Happening restarted(Site& site, Random&) {
    site.postgres().stop();
    return {"in order", 0, {}, [&site](Happening&) { site.postgres().start(); }};
}

Happening frozen(Site& site, Random&) {
    site.postgres().freeze();
    return {"all its processes", 0, {}, [&site](Happening&) { site.postgres().thaw(); }};
}

// Takes every connection that there is, also those that the services give up.
Happening full(Site& site, Random&) {
    const auto taken = std::make_shared<std::vector<std::shared_ptr<Connection>>>();
    const auto take_all = [&site, taken] {
        try {
            for (;;)
                taken->push_back(session(site));
        } catch (const Error&) {
        }
    };
    const auto own = session(site);
    take_all();
    return {"no connection is free", 0,
            [take_all, own](Happening& now) {
                now.kills += end_backends(*own, 2);
                take_all();
            },
            [taken](Happening&) { taken->clear(); }};
}

// For sessions that begin from now on; ours began before.
Happening read_only(Site& site, Random&) {
    const auto own = session(site);
    const auto alter = [own](const std::string& how) {
        own->query("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I " + how +
                   "', current_database()); END $$");
    };
    alter("SET default_transaction_read_only = on");
    const std::int64_t ended = end_backends(*own, 100);
    return {"no transaction may write", ended, {}, [alter](Happening&) {
                alter("RESET default_transaction_read_only");
            }};
}

Happening locked(Site& site, Random& random) {
    struct Lock {
        explicit Lock(Site& where) : connection(where.deployment().url(), "chaos") {}
        Connection connection;
        Transaction transaction{connection};
    };
    static const std::vector<std::string> tables{"plain", "keyed", "latest", "tidewheel.progress",
                                                 "tidewheel.dead_letters"};
    const std::string table = random.one_of(tables);
    const auto lock = std::make_shared<Lock>(site);
    lock->transaction.run("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
    return {table, 0, {}, [lock = std::make_shared<std::shared_ptr<Lock>>(lock)](Happening&) {
                lock->reset();
            }};
}

// Away, while ten times the usual load comes in: what the services hold in memory is bounded.
Happening away_under_load(Site& site, Random&) {
    const int rate = site.traffic().rate();
    site.traffic().set_rate(10 * rate);
    site.before_postgres().refuse();
    site.before_postgres().cut();
    return {"nobody gets through", 0, {}, [&site, rate](Happening&) {
                site.traffic().set_rate(rate);
                site.before_postgres().heal();
            }};
}

}  // namespace

std::vector<Fault> postgres_faults() {
    return {
        {"postgres-held", "7", database, false, false, 3s, 12s, held},
        {"postgres-slow", "8", database, false, false, 3s, 6s, slow},
        {"postgres-cut", "8", database, false, false, 3s, 6s, cut},
        {"commit-unanswered", "9", database, false, false, 3s, 5s, commit_unanswered},
        {"backends-killed", "10", database, false, false, 3s, 6s, backends_killed},
        {"postgres-killed", "11", database, false, false, 1s, 4s, killed},
        {"postgres-forgets", "13", database, false, false, 2s, 4s, forgets},
        {"postgres-restarted", "11", database, false, false, 1s, 4s, restarted},
        {"postgres-frozen", "11", database, false, false, 3s, 8s, frozen},
        {"postgres-full", "12", database, false, false, 3s, 5s, full},
        {"postgres-read-only", "12", database, false, false, 3s, 5s, read_only},
        {"postgres-locked", "12", database, false, false, 3s, 12s, locked},
        {"postgres-away-under-load", "25", database, false, false, 5s, 8s, away_under_load},
    };
}

}  // namespace tidewheel::chaos
