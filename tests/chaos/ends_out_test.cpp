// What takes rows out of the database, with every fault once: what it promises is counted.
#include <algorithm>
#include <random>
#include <set>

#include "chaos/ends.hpp"
#include "integration/captured.hpp"
#include "integration/webhooks.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::chaos;
using namespace tidewheel::testing;
using namespace std::chrono_literals;

namespace {

// The flaky subscriber waits after each failure, and has many rows left at the end.
constexpr auto recovery = 180s;

}  // namespace

TEST_CASE("Every row is with every subscriber and once in a file, whatever happens", "[outage]") {
    const Captured files;
    std::mt19937 chance(7);
    Hook good, flaky([&](const Hook::Request&) { return chance() % 10 < 4 ? 500 : 204; }), odd;
    http::ScriptedServer rubbish([](http::Conversation& client) {
        client.request();
        client.write("HTTP/1.1 banana\r\n\r\n" + std::string(100'000, '\xff'));
    });
    Proxy to_odd;
    const auto port_of = [](const std::string& url) {
        const std::size_t begin = url.rfind(':') + 1;
        return "127.0.0.1:" + url.substr(begin, url.find('/', begin) - begin);
    };
    to_odd.aim(port_of(odd.url()));
    Ends ends(R"(
CREATE FOREIGN TABLE numbers (
    n    integer NOT NULL,
    part integer OPTIONS (partition 'true'),
    pos  bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE subscribers (name text PRIMARY KEY, url text NOT NULL, start text);
CREATE FOREIGN TABLE sent (part integer, pos bigint) SERVER webhook OPTIONS (subscribers 'subscribers', keep '1 hour');
INSERT INTO sent SELECT part, pos FROM numbers;
CREATE FOREIGN TABLE stored (part integer, pos bigint) SERVER files OPTIONS (path 'all/{partition}/{first}',
    format 'ndjson', roll_after '1 s', roll_bytes '1 kB');
INSERT INTO stored SELECT part, pos FROM numbers;
)",
              {"worker-1", "notifier-1", "notifier-2", "capture-1"},
              {"TIDEWHEEL_CAPTURE_DIRECTORY=" + files.path(), "TIDEWHEEL_NOTIFIER_PRIVATE=yes",
               "TIDEWHEEL_NOTIFIER_TIMEOUT=1s", "TIDEWHEEL_RETRY_LONGEST=500ms"});
    const Deployment& site = ends.deployment();
    const std::string far = "http://" + to_odd.address() + "/hook";
    site.query(
        "INSERT INTO subscribers VALUES ('good', $1, 'beginning'), ('flaky', $2, "
        "'beginning'), ('odd', $3, 'beginning')",
        {good.url(), flaky.url(), far});
    std::size_t sent = 0;
    const auto send = [&] {
        constexpr int each = 5;
        const std::vector<std::string> records(each, R"({"n":1})");
        for (int partition = 0; partition < 2; ++partition)
            site.send(partition, records);
        sent += 2 * each;
    };
    // The far side of one subscriber is bad in turns, at the same time.
    std::vector<std::function<void()>> ways{
        [&] { odd.behave([](const Hook::Request&) { return 0; }); },
        [&] { odd.behave([](const Hook::Request&) { return 302; }); },
        [&] { to_odd.aim("127.0.0.1:" + std::to_string(rubbish.port())); },
        [&] { to_odd.refuse(); },
        [&] { to_odd.delay(100ms, 400ms); },
    };
    std::size_t turn = 0;
    ends.harm([&](const std::string& fault) {
        send();
        eventually(
            "the good subscriber has all before " + fault,
            [&] { return good.ids().size() == sent; }, recovery);
        send();
        to_odd.heal();
        to_odd.aim(port_of(odd.url()));
        odd.behave([](const Hook::Request&) { return 204; });
        ways.at(turn++ % ways.size())();
    });
    to_odd.heal();
    to_odd.cut();
    to_odd.aim(port_of(odd.url()));
    odd.behave([](const Hook::Request&) { return 204; });
    send();
    for (const Hook* each : {&good, &flaky, &odd})
        eventually(
            "a subscriber has all", [&] { return each->ids().size() >= sent; }, recovery);
    eventually(
        "all rows are in files", [&] { return files.rows().size() >= sent; }, recovery);
    ends.finish();

    for (const Hook* each : {&good, &flaky, &odd}) {
        CHECK(each->ids().size() == sent);
        for (const auto& [partition, offsets] : offsets_in_order(*each)) {
            INFO("partition " << partition);
            CHECK(std::ranges::is_sorted(offsets));
            CHECK(offsets.size() == sent / 2);
            CHECK(offsets.back() == static_cast<std::int64_t>(sent / 2) - 1);
        }
    }
    std::set<std::pair<std::int64_t, std::int64_t>> rows;
    for (const codec::Json& row : files.rows())
        CHECK(rows.emplace(row.find("part")->integer(), row.find("pos")->integer()).second);
    CHECK(rows.size() == sent);
    CHECK(files.parts() == 0);
    CHECK(site.value("SELECT count(*) FROM tidewheel.undelivered") == "0");
}
