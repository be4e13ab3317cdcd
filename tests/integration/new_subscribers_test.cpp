// A subscriber gets every row that was stored after its own row was committed, whenever the
// notifier reads of it. The rows are stored by hand here: who stores them makes no difference.
#include <csignal>

#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"
#include "webhooks.hpp"

using namespace tidewheel;
using testing::eventually;
using testing::Hook;
using testing::start_notifier;

namespace {

std::string told(const std::string& options) {
    return "CREATE TABLE hooks (name text PRIMARY KEY, url text NOT NULL, start text);\n"
           "CREATE FOREIGN TABLE told (number bigint) SERVER webhook OPTIONS (" +
           options + ");\n";
}
const std::string by_table = told("subscribers 'hooks'");  // without keep

void add(const testing::Deployment& site, const std::string& name, const Hook& hook,
         const std::string& start) {
    site.query("INSERT INTO hooks VALUES ($1, $2, $3)", {name, hook.url(), start});
}

void store(const testing::Deployment& site, int number) {
    site.query("INSERT INTO told VALUES ($1)", {std::to_string(number)});
}

std::vector<std::int64_t> numbers(const Hook& hook) {
    std::set<std::string> ids;
    std::vector<std::int64_t> found;
    for (const Hook::Request& each : hook.accepted())
        if (ids.insert(each.id).second)
            found.push_back(codec::Json::parse(each.body)->find("data")->find("number")->integer());
    return found;
}

std::int64_t last(const Hook& hook) {
    const std::vector<std::int64_t> found = numbers(hook);
    return found.empty() ? 0 : found.back();
}

bool is_registered(const testing::Deployment& site, const std::string& name) {
    return site.value("SELECT count(*) FROM tidewheel.deliveries WHERE subscriber = '" + name +
                      "' AND owner IS NOT NULL") == "1";
}

}  // namespace

// Between its look at the subscribers and the deletion of rows that everybody has, the notifier is
// stopped by a lock. It knows no subscriber, so nothing but the look to come needs the row.
TEST_CASE("A row isn't deleted before whoever was a subscriber when it was stored is known") {
    const testing::Deployment site;
    const Hook hook;
    testing::require_applied(site, by_table);
    postgres::Connection connection(site.url());
    postgres::Transaction transaction(connection);
    transaction.run("LOCK TABLE told IN ACCESS EXCLUSIVE MODE");
    const auto notifier = start_notifier(site);
    eventually("the notifier waits for the outbox", [&] {
        return site.value(
                   "SELECT count(*) FROM pg_locks WHERE relation = 'told'::regclass AND NOT "
                   "granted") == "1";
    });
    add(site, "new", hook, "beginning");
    transaction.run("INSERT INTO told VALUES (1)");
    transaction.commit();
    eventually("it gets the row", [&] { return numbers(hook) == std::vector<std::int64_t>{1}; });
}

TEST_CASE("A subscriber that came while no notifier ran gets what was stored since") {
    const testing::Deployment site;
    const Hook early, late;
    testing::require_applied(site, by_table);
    add(site, "early", early, "end");
    auto notifier = start_notifier(site);
    eventually("it is registered", [&] { return is_registered(site, "early"); });
    store(site, 1);
    eventually("it has the first row", [&] { return numbers(early).size() == 1; });
    eventually("the row is deleted",
               [&] { return site.value("SELECT count(*) FROM told") == "0"; });
    notifier->signal(SIGKILL);
    notifier->wait();
    add(site, "late", late, "end");
    store(site, 2);
    notifier = start_notifier(site);
    eventually("the late one has the second row",
               [&] { return numbers(late) == std::vector<std::int64_t>{2}; });
    store(site, 3);
    const std::vector<std::int64_t> all{1, 2, 3};
    eventually("the early one has all", [&] { return numbers(early) == all; });
}

// A lane's row has a lower number than one of another lane that was stored before it.
TEST_CASE("A new subscriber begins in each lane where that ended when it came") {
    const testing::Deployment site;
    const Hook early, late;
    testing::require_applied(site, by_table);
    add(site, "early", early, "beginning");
    const auto notifier = start_notifier(site);
    postgres::Connection connection(site.url());
    postgres::Transaction transaction(connection);
    transaction.query(
        "SELECT set_config('tidewheel.stream', '1', true), set_config('tidewheel.partition', '0', "
        "true)");
    transaction.run("INSERT INTO told VALUES (1)");
    store(site, 2);
    eventually("the row of the other lane is delivered",
               [&] { return numbers(early) == std::vector<std::int64_t>{2}; });
    add(site, "late", late, "end");
    eventually("it is registered", [&] { return is_registered(site, "late"); });
    transaction.commit();
    eventually("it has the row that was stored later",
               [&] { return numbers(late) == std::vector<std::int64_t>{1}; });
    const std::vector<std::int64_t> all{2, 1};
    eventually("the early one has both", [&] { return numbers(early) == all; });
}

TEST_CASE("A sink's table of subscribers makes way for a url, and comes back") {
    const testing::Deployment site;
    const Hook hook, other;
    testing::require_applied(site, by_table);
    add(site, "early", hook, "end");
    const auto notifier = start_notifier(site);
    store(site, 1);
    eventually("the subscriber has it", [&] { return numbers(hook).size() == 1; });
    testing::require_applied(site, told("url '" + other.url() + "'"));
    eventually("the url is registered", [&] { return is_registered(site, ""); });
    store(site, 2);
    eventually("the url has it", [&] { return last(other) == 2; });
    testing::require_applied(site, by_table);
    eventually("the subscriber is registered", [&] { return is_registered(site, "early"); });
    eventually("the url is forgotten", [&] { return !is_registered(site, ""); });
    const auto status = codec::Json::parse(site.tidewheel({"status", "--json"}).output);
    CHECK(status->find("deliveries")->items().size() == 1);
    store(site, 3);
    eventually("the subscriber continues", [&] { return last(hook) == 3; });
    CHECK(last(other) == 2);
}
