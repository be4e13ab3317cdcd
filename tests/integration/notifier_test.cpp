// Rows by webhook: each reaches every subscriber, in order, with one id.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>

#include "applied.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"
#include "webhooks.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;
using testing::Hook;
using testing::offsets_in_order;
using testing::start_notifier;

namespace {

const std::string stream = R"(
CREATE FOREIGN TABLE prices (
    product text NOT NULL,
    price   numeric,
    part    integer OPTIONS (partition 'true'),
    pos     bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '3');
)";
const std::string statement =
    "INSERT INTO price_changes SELECT product, price, part, pos FROM prices;";

std::string sink(const std::string& options) {
    return "CREATE FOREIGN TABLE price_changes (product text, price numeric(10,2), part integer, "
           "pos bigint NOT NULL) SERVER webhook OPTIONS (" +
           options + ");\n";
}

std::string to(const Hook& hook, const std::string& more = "") {
    return sink("url '" + hook.url() + "'" + more);
}

void send(const testing::Deployment& site, int partition, int count) {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i)
        records.push_back(R"({"product":"p)" + std::to_string(i) + R"(","price":1.5})");
    site.send(partition, records);
}

std::int64_t number(const testing::Deployment& site, const std::string& sql) {
    return std::stoll(site.value(sql));
}

codec::Json status_of(const testing::Deployment& site, const std::string& subscriber) {
    const auto status = codec::Json::parse(site.tidewheel({"status", "--json"}).output);
    for (const codec::Json& each : status->find("deliveries")->items())
        if (each.find("subscriber")->string() == subscriber) return each;
    return {};
}

// From the first offset to the last one, without a gap.
void require_in_order(const Hook& hook, int partitions, std::int64_t each) {
    const auto offsets = offsets_in_order(hook);
    REQUIRE(static_cast<int>(offsets.size()) == partitions);
    for (const auto& [partition, found] : offsets) {
        INFO("partition " << partition);
        REQUIRE(static_cast<std::int64_t>(found.size()) == each);
        for (std::int64_t i = 0; i < each; ++i)
            REQUIRE(found[static_cast<std::size_t>(i)] == i);
    }
}

}  // namespace

TEST_CASE("A row is sent as it was computed, and leaves the outbox when it was taken") {
    const testing::Deployment site;
    const Hook hook;
    testing::require_applied(site, stream + to(hook) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    site.send(1, {R"({"product":"a \"b\"","price":12.5})"});
    eventually("the row is taken", [&] { return hook.accepted().size() == 1; });
    const Hook::Request one = hook.accepted().front();
    CHECK(
        one.body ==
        "{\"id\":\"" + one.id +
            R"(","type":"price_changes","data":{"product":"a \"b\"","price":12.50,"part":1,"pos":0}})");
    CHECK_THAT(one.id, Catch::Matchers::StartsWith("msg_"));
    CHECK(one.signature.empty());
    eventually("the outbox is empty",
               [&] { return number(site, "SELECT count(*) FROM price_changes") == 0; });
}

TEST_CASE("Every row reaches a subscriber that fails, through kill -9 of both services, in order") {
    const testing::Deployment site;
    std::mt19937 chance(7);
    Hook hook([&](const Hook::Request&) { return chance() % 10 < 4 ? 500 : 204; });
    testing::require_applied(site, stream + to(hook) + statement);
    constexpr std::int64_t each = 120;
    auto worker = site.start("tidewheel-worker");
    auto notifier = start_notifier(site, {"TIDEWHEEL_INSTANCE=notifier-1"});
    for (int round = 0; round < 4; ++round) {
        const std::size_t before = hook.ids().size();
        for (int partition = 0; partition < 3; ++partition)
            send(site, partition, each / 4);
        eventually("some of it is taken", [&] { return hook.ids().size() >= before + 5; });
        auto& victim = round % 2 == 0 ? notifier : worker;
        victim->signal(SIGKILL);
        victim->wait();
        if (round % 2 == 0)
            notifier = start_notifier(site, {"TIDEWHEEL_INSTANCE=notifier-1"});
        else
            worker = site.start("tidewheel-worker");
    }
    eventually("all is taken", [&] { return hook.ids().size() >= 3 * each; });
    require_in_order(hook, 3, each);
    CHECK(hook.refused() > 0);
    eventually("the outbox is empty",
               [&] { return number(site, "SELECT count(*) FROM price_changes") == 0; });
    CHECK(number(site, "SELECT sum(rows_written) FROM tidewheel.progress") == 3 * each);
}

TEST_CASE("Another notifier continues where one was killed or is frozen") {
    const testing::Deployment site;
    const Hook hook;
    testing::require_applied(site, stream + to(hook) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto first = start_notifier(site);
    send(site, 0, 1);
    eventually("the first delivers", [&] { return hook.ids().size() == 1; });
    const auto second = start_notifier(site);
    first->signal(SIGSTOP);
    send(site, 0, 1);
    eventually("the second delivers", [&] { return hook.ids().size() == 2; });
    first->signal(SIGCONT);
    send(site, 0, 20);
    eventually("all is taken", [&] { return hook.ids().size() == 22; });
    require_in_order(hook, 1, 22);
    second->signal(SIGKILL);
    second->wait();
    send(site, 1, 1);
    eventually("the first delivers again", [&] { return hook.ids().size() == 23; });
}

TEST_CASE("A service of another kind with the same name keeps no claims of a notifier") {
    const testing::Deployment site;
    const Hook hook;
    testing::require_applied(site, stream + to(hook) + statement);
    const auto worker = site.start("tidewheel-worker");
    const std::vector<std::string> name{"TIDEWHEEL_INSTANCE=one"};
    const auto first = start_notifier(site, name);
    send(site, 0, 1);
    eventually("the first delivers", [&] { return hook.ids().size() == 1; });
    const auto publisher = site.start("tidewheel-publisher", name);
    send(site, 0, 1);
    eventually("the first still delivers", [&] { return hook.ids().size() == 2; });
    first->signal(SIGKILL);
    first->wait();
    const auto second = start_notifier(site, {"TIDEWHEEL_INSTANCE=two"});
    send(site, 0, 1);
    eventually("the second takes over", [&] { return hook.ids().size() == 3; });
}

TEST_CASE("Subscribers come and go in a table, each with its own progress") {
    const testing::Deployment site;
    const Hook early, late, all;
    Hook dead([](const Hook::Request&) { return 0; });
    testing::require_applied(
        site,
        stream +
            "CREATE TABLE hooks (name text PRIMARY KEY, url text NOT NULL, start text, active "
            "boolean);\n" +
            sink("subscribers 'hooks', keep '1 hour'") + statement);
    const auto add = [&](const std::string& name, const Hook& hook, const std::string& start) {
        site.query("INSERT INTO hooks VALUES ($1, $2, $3, true)", {name, hook.url(), start});
    };
    add("early", early, "beginning");
    add("dead", dead, "beginning");
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    send(site, 0, 10);
    eventually("the first subscriber has all", [&] { return early.ids().size() == 10; });

    add("late", late, "end");
    add("all", all, "beginning");
    eventually("both are registered", [&] {
        return number(site, "SELECT count(*) FROM tidewheel.deliveries WHERE owner IS NOT NULL") ==
               4;
    });
    eventually("the beginning is still there", [&] { return all.ids().size() == 10; });
    CHECK(late.ids().empty());
    send(site, 1, 5);
    eventually("the late one has what came later", [&] { return late.ids().size() == 5; });
    eventually("all have it", [&] { return all.ids().size() == 15 && early.ids().size() == 15; });

    site.query("UPDATE hooks SET active = false WHERE name = 'early'");
    eventually("it is no subscriber any more", [&] {
        return number(site,
                      "SELECT count(*) FROM tidewheel.deliveries WHERE subscriber = 'early'") == 0;
    });
    send(site, 2, 3);
    eventually("the others have it", [&] { return late.ids().size() == 8; });
    CHECK(early.ids().size() == 15);
    CHECK(dead.accepted().empty());
    CHECK(status_of(site, "dead").find("waiting")->integer() == 18);
    CHECK(status_of(site, "late").find("waiting")->integer() == 0);
}

TEST_CASE("A row that is not taken in time is set aside, and those behind it go on") {
    const testing::Deployment site;
    const auto refuses = [](const Hook::Request& request) {
        return request.body.find("\"p1\"") != std::string::npos ? 422 : 200;
    };
    Hook hook(refuses);
    testing::require_applied(site, stream + to(hook, ", retry_for '2 seconds'") + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    send(site, 0, 4);
    eventually("the others are taken", [&] { return hook.ids().size() == 3; });
    CHECK(site.value("SELECT reason FROM tidewheel.undelivered") == "answered 422: not now");
    CHECK(number(site, "SELECT count(*) FROM tidewheel.undelivered") == 1);
    CHECK(status_of(site, "").find("undelivered")->integer() == 1);

    site.must({"redeliver", "price_changes"});
    eventually("it was refused again", [&] {
        return number(site,
                      "SELECT count(*) FROM tidewheel.undelivered WHERE redrive_at IS NULL") == 1;
    });
    hook.behave([](const Hook::Request&) { return 200; });
    site.must({"redeliver", "price_changes"});
    eventually("it is taken", [&] { return hook.ids().size() == 4; });
    eventually("it is no longer set aside",
               [&] { return number(site, "SELECT count(*) FROM tidewheel.undelivered") == 0; });
}

TEST_CASE("A private address is not called unless a setting allows it") {
    const testing::Deployment site;
    const Hook hook;
    testing::require_applied(site, stream + to(hook) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = site.start("tidewheel-notifier");
    send(site, 0, 1);
    eventually("it is refused", [&] {
        return number(site,
                      "SELECT count(*) FROM tidewheel.delivery_positions WHERE last_error = "
                      "'127.0.0.1 is a private address'") == 1;
    });
    CHECK(hook.accepted().empty());
}

TEST_CASE("Requests are signed with the secret in a file, as Standard Webhooks has it") {
    const testing::Deployment site;
    const Hook hook;
    const std::string secrets = testing::unique_path("private", "secrets");
    std::filesystem::create_directories(secrets);
    std::ofstream(secrets + "/shop") << "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
    testing::require_applied(site, stream + to(hook, ", secret 'shop', batch '10'") + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site, {"TIDEWHEEL_NOTIFIER_SECRETS=" + secrets});
    send(site, 0, 3);
    eventually("the rows are taken", [&] { return !hook.accepted().empty(); });
    const Hook::Request one = hook.accepted().front();
    CHECK(codec::Json::parse(one.body)->is_array());
    // Computed by another program: the key is the base64 after whsec_.
    const testing::Finished signed_by_openssl = testing::run(
        {"sh", "-c",
         "printf '%s.%s.%s' \"$ID\" \"$TIME\" \"$BODY\" | openssl dgst -sha256 -mac hmac -macopt "
         "hexkey:$(printf %s MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | base64 -d | od -An -tx1 | tr -d ' "
         "\\n') "
         "-binary | base64"},
        {"ID=" + one.id, "TIME=" + one.timestamp, "BODY=" + one.body});
    REQUIRE(signed_by_openssl.status == 0);
    CHECK(one.signature + "\n" == "v1," + signed_by_openssl.output);
}

TEST_CASE("What a sink can't be is refused by name, and a sink is dropped with its rows") {
    const testing::Deployment site;
    const auto refused = [&](const std::string& sql) {
        const testing::Finished applied = site.apply(stream + sql);
        CHECK(applied.status == 3);
        return applied.errors;
    };
    CHECK_THAT(refused(sink("url 'ftp://x'")), ContainsSubstring("url 'ftp://x' is not a URL"));
    CHECK_THAT(refused(sink("secret 'a'")), ContainsSubstring("needs one of the options url or"));
    CHECK_THAT(refused(sink("url 'http://x', colour 'red'")),
               ContainsSubstring("unknown option colour of SERVER webhook"));
    CHECK_THAT(refused(sink("url 'http://x', retry_for 'soon'")),
               ContainsSubstring("retry_for 'soon' is not an interval"));
    CHECK_THAT(refused(sink("subscribers 'nobody'")),
               ContainsSubstring("table nobody does not exist"));
    CHECK_THAT(refused(sink("url 'http://x'") +
                       "INSERT INTO price_changes SELECT product, price, part, pos FROM "
                       "prices ON CONFLICT DO NOTHING;"),
               ContainsSubstring("ON CONFLICT is not supported in an INSERT into sink"));
    testing::require_applied(site, stream + sink("url 'http://x'") + statement);
    testing::require_applied(site, stream + sink("url 'http://y', keep '1 day'") + statement);
    CHECK(site.value("SELECT keep FROM tidewheel.sinks") == "1 day");
    CHECK(site.apply(stream + "CREATE FOREIGN TABLE price_changes (product text) SERVER webhook "
                              "OPTIONS (url 'http://y');")
              .status == 3);
    CHECK(site.tidewheel({"drop", "--yes", "sink price_changes"}).status == 3);
    site.must({"drop", "--yes", "--cascade", "sink price_changes"});
    CHECK(site.value("SELECT to_regclass('price_changes') IS NULL") == "t");
    CHECK(number(site, "SELECT count(*) FROM tidewheel.sinks") == 0);
}

// The trial that anybody can run: ./dev test -R "Seven subscribers"
TEST_CASE("Seven subscribers get every row: five that fail, one that hangs and one that was gone") {
    const testing::Deployment site;
    std::mt19937 chance(40);
    std::mutex mutex;
    const auto fails = [&](const Hook::Request&) {
        const std::lock_guard lock(mutex);
        return chance() % 10 < 4 ? 503 : 200;
    };
    std::vector<std::unique_ptr<Hook>> hooks;
    for (int i = 0; i < 5; ++i)
        hooks.push_back(std::make_unique<Hook>(fails));
    hooks.push_back(std::make_unique<Hook>([](const Hook::Request&) { return 0; }));
    hooks.push_back(std::make_unique<Hook>());
    Hook &hangs = *hooks[5], &gone = *hooks[6];
    testing::require_applied(site, stream +
                                       "CREATE TABLE hooks (name text, url text, start text);\n" +
                                       sink("subscribers 'hooks'") + statement);
    for (std::size_t i = 0; i < hooks.size(); ++i)
        site.query("INSERT INTO hooks VALUES ($1, $2, 'beginning')",
                   {"hook-" + std::to_string(i), hooks[i]->url()});
    gone.disappear();
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    constexpr std::int64_t each = 40;
    for (int partition = 0; partition < 3; ++partition)
        send(site, partition, each);
    for (int i = 0; i < 5; ++i)
        eventually("those that fail have all, whatever the others do",
                   [&] { return hooks[static_cast<std::size_t>(i)]->ids().size() == 3 * each; });
    CHECK(hangs.accepted().empty());
    CHECK(gone.accepted().empty());
    CHECK(number(site, "SELECT count(*) FROM price_changes") == 3 * each);

    gone.appear();
    hangs.behave([](const Hook::Request&) { return 200; });
    for (const auto& hook : hooks) {
        eventually("every row reaches every subscriber",
                   [&] { return hook->ids().size() == 3 * each; });
        require_in_order(*hook, 3, each);
        CHECK(hook->ids() == hooks.front()->ids());
    }
    eventually("the outbox is empty",
               [&] { return number(site, "SELECT count(*) FROM price_changes") == 0; });
    CHECK(number(site, "SELECT count(*) FROM tidewheel.undelivered") == 0);
}

TEST_CASE(
    "One connection carries a lane's requests, and one that was closed is no failed attempt") {
    const testing::Deployment site;
    std::atomic<int> repeated = 0;
    http::ScriptedServer subscriber([&](http::Conversation& client) {
        for (int i = 0; i < 10; ++i)
            if (!client.request() || !client.answer({.status = 200, .body = ""})) return;
        repeated += client.request() ? 1 : 0;
        client.reset();  // without an answer
    });
    testing::require_applied(
        site, stream + sink("url 'http://" + subscriber.address() + "/'") + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    send(site, 0, 95);
    site.arrive();
    eventually("the outbox is empty",
               [&] { return number(site, "SELECT count(*) FROM price_changes") == 0; });
    CHECK(number(site, "SELECT delivered FROM tidewheel.delivery_positions") == 95);
    CHECK(subscriber.connections() == 10);
    CHECK(repeated == 9);
    CHECK(http::fetch("GET", testing::admin_url(*notifier) + "/metrics")
              .body.find("tidewheel_delivery_failures_total{") == std::string::npos);
}
