// A changefeed whose servers die under it.
#include <atomic>
#include <limits>
#include <map>
#include <thread>

#include "applied.hpp"
#include "changefeed_service.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using testing::Change;
using testing::Changefeed;
using testing::changes_in;
using testing::eventually;

namespace {

const std::string pipeline = R"(
CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL);
CREATE FOREIGN TABLE changes (op text)
    SERVER kafka OPTIONS (topic '{topic}', changes_of 'public.counters');
)";

// Adds one to every counter, again and again, whatever happens to the server: what was committed is
// in the table. It stops where it is far ahead of what was waited for.
class Load {
  public:
    explicit Load(const testing::Deployment& site) : site_(site) {
        thread_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                const int allowed = allowed_;
                if (rounds_ >= allowed) {
                    allowed_.wait(allowed);
                    continue;
                }
                try {
                    site_.query("UPDATE counters SET n = n + 1");
                    ++rounds_;
                } catch (const Error&) {
                    std::this_thread::yield();
                }
            }
        });
    }
    ~Load() { end(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void await_rounds(int more) {
        const int wanted = rounds_ + more;
        allow(wanted + 2 * more);
        eventually("the load goes on", [&] { return rounds_ >= wanted; });
    }
    void end() {
        thread_.request_stop();
        allow(std::numeric_limits<int>::max());
        if (thread_.joinable()) thread_.join();
    }

  private:
    void allow(int rounds) {
        allowed_ = rounds;
        allowed_.notify_all();
    }

    const testing::Deployment& site_;
    std::atomic<int> rounds_ = 0, allowed_ = 0;
    std::jthread thread_;
};

}  // namespace

TEST_CASE("PostgreSQL and Kafka that are killed under load cost no change, and double none",
          "[outage]") {
    testing::PrivatePostgres postgres;
    testing::PrivateKafka kafka;
    const testing::Deployment site(postgres.url(), kafka.settings());
    REQUIRE(site.tidewheel({"init"}).status == 0);
    testing::require_applied(site, pipeline);
    site.query("INSERT INTO counters SELECT n, 0 FROM generate_series(1, 5) n");
    const Changefeed feed(site);
    feed.await_ready();
    Load load(site);
    for (int i = 0; i < 2; ++i) {
        load.await_rounds(30);
        postgres.kill();
        postgres.start();
        load.await_rounds(30);
        kafka.kill();
        kafka.start();
        load.await_rounds(30);
    }
    load.end();
    const std::string last = site.value("SELECT max(n) FROM counters");
    std::vector<Change> changes;
    eventually("the last change is there", [&] {
        changes = changes_in(site);
        return changes.size() >= 5 * (std::stoul(last) + 1);
    });
    CHECK(changes.size() == 5 * (std::stoul(last) + 1));
    std::map<std::string, std::int64_t> next;
    for (const Change& each : changes)
        CHECK(each.in("after", "n").integer() == next[each.key]++);
    CHECK(feed.process().running());
    feed.await_ready();
}
