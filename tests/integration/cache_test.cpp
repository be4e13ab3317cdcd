// Rows as keys in Redis: the newest of each key, whatever is killed, wiped or restored.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "applied.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;
using testing::PrivateRedis;

namespace {

const std::string stream = R"(
CREATE FOREIGN TABLE categories (
    id   text,
    name text,
    gone boolean,
    all_gone boolean,
    pos  bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '3');
)";
const std::string statement =
    "INSERT INTO cached SELECT 'category:' || id, name, pos, gone, all_gone FROM categories;\n";

std::string sink(const PrivateRedis& redis, const std::string& more = "") {
    return "CREATE FOREIGN TABLE cached (id text, name text, pos bigint, gone boolean, all_gone "
           "boolean) SERVER redis OPTIONS (url '" +
           redis.url() + "', key 'id', deleted 'gone', truncated 'all_gone'" + more + ");\n";
}

std::unique_ptr<testing::Process> start_cache(const testing::Deployment& site,
                                              std::vector<std::string> environment = {}) {
    environment.emplace_back("TIDEWHEEL_RETRY_LONGEST=500ms");
    environment.emplace_back("TIDEWHEEL_CACHE_TIMEOUT=1s");
    return site.start("tidewheel-cache", std::move(environment));
}

std::string record(const std::string& id, const std::string& name) {
    return R"({"id":")" + id + R"(","name":")" + name + "\"}";
}

std::string deletion(const std::string& id) {
    return R"({"id":")" + id + R"(","gone":true})";
}

// count records of each of the keys a-0 … a-9, the last of which have the names of `round`.
void send_round(const testing::Deployment& site, int partition, const std::string& round,
                int count = 20) {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i)
        for (int key = 0; key < 10; ++key)
            records.push_back(record(std::to_string(partition) + "-" + std::to_string(key),
                                     i + 1 < count ? "older " + std::to_string(i) : round));
    site.send(partition, records);
}

std::string name_of(const PrivateRedis& redis, const std::string& id) {
    const std::string value = redis.ask({"GET", "category:" + id});
    const auto row = codec::Json::parse(value);
    return row && row->is_object() ? row->find("name")->string() : value;
}

bool has_round(const PrivateRedis& redis, int partition, const std::string& round) {
    for (int key = 0; key < 10; ++key)
        if (name_of(redis, std::to_string(partition) + "-" + std::to_string(key)) != round)
            return false;
    return true;
}

int keys(const PrivateRedis& redis) {
    return static_cast<int>(testing::lines_of(redis.ask({"KEYS", "category:*"})).size());
}

codec::Json status_of(const testing::Deployment& site) {
    const auto status = codec::Json::parse(site.tidewheel({"status", "--json"}).output);
    return status->find("deliveries")->items().at(0);
}

std::string error_of(const testing::Deployment& site) {
    const codec::Json status = status_of(site);
    const codec::Json* error = status.find("last_error");
    return error && error->is_string() ? error->string() : "";
}

// As INFO counts them.
std::string scripts_run(const PrivateRedis& redis) {
    const std::string statistics = redis.ask({"INFO", "commandstats"});
    const auto begin = statistics.find("cmdstat_evalsha:");
    return statistics.substr(begin, statistics.find(',', begin) - begin);
}

bool is_settled(const testing::Deployment& site) {
    return site.value("SELECT count(*) FROM cached") ==
               site.value(
                   "SELECT count(DISTINCT id) FROM cached WHERE gone IS NOT TRUE AND all_gone IS "
                   "NOT TRUE") &&
           status_of(site).find("waiting")->integer() == 0;
}

}  // namespace

TEST_CASE("A row is a key, a newer row replaces it, and a deletion deletes it") {
    const testing::Deployment site;
    const PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    site.send(0, {record("1", "Drama"), record("2", "Wär"), record("1", "Comedy")});
    eventually("they are there", [&] { return name_of(redis, "2") == "Wär"; });
    CHECK(redis.ask({"GET", "category:1"}) == R"({"name":"Comedy","pos":2})");
    eventually("the table has the newest row of each key", [&] { return is_settled(site); });
    CHECK(site.value("SELECT count(*) FROM cached") == "2");
    site.send(0, {deletion("1"), deletion("never seen")});
    eventually("it is gone", [&] { return name_of(redis, "1").empty(); });
    CHECK(keys(redis) == 1);
    eventually("deletions are forgotten", [&] {
        return site.value("SELECT string_agg(id, ' ') FROM cached") == "category:2";
    });
    site.send(0, {record("1", "Drama")});
    eventually("it is back", [&] { return name_of(redis, "1") == "Drama"; });
}

TEST_CASE("A row that deletes all deletes what its partition wrote before, and nothing after it") {
    const testing::Deployment site;
    PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const std::string all = R"({"id":"*","all_gone":true})";
    for (const std::string step : {"", "before_write=kill@2", "after_write=kill@2"}) {
        INFO(step);
        std::unique_ptr<testing::Process> cache =
            start_cache(site, {"TIDEWHEEL_FAILPOINTS=" + step});
        send_round(site, 1, "stays");
        send_round(site, 0, "before");
        if (step.empty())
            eventually("they are there", [&] { return has_round(redis, 0, "before"); });
        site.send(0, {record("a", "before"), all, record("b", "between"), all,
                      record("0-3", "after"), record("c", "after")});
        if (!step.empty()) {
            CHECK(cache->wait() == 128 + SIGKILL);
            cache = start_cache(site);
        }
        const auto is_right = [&] {
            return keys(redis) == 12 && name_of(redis, "0-3") == "after" &&
                   name_of(redis, "c") == "after" && has_round(redis, 1, "stays");
        };
        eventually("what came before is gone", is_right);
        eventually("from the table, too", [&] { return is_settled(site); });
        CHECK(site.value("SELECT count(*) FROM cached") == "12");
        redis.ask({"FLUSHALL"});
        eventually("and it does not come back", is_right);
    }
}

TEST_CASE("The value is a column, NULL deletes, and keys expire if the options say so") {
    const testing::Deployment site;
    const PrivateRedis redis;
    const auto with = [&](const std::string& options) {
        return stream +
               "CREATE FOREIGN TABLE named (key text, value text, pos bigint) SERVER redis OPTIONS "
               "(url '" +
               redis.url() + "'" + options +
               ");\nINSERT INTO named SELECT id, CASE WHEN gone IS NULL THEN name END, pos FROM "
               "categories;";
    };
    testing::require_applied(site, with(""));
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    site.send(0, {record("x", "one"), record("y", "two"), deletion("y")});
    eventually("it is there", [&] { return redis.ask({"GET", "x"}) == "one"; });
    eventually("the other is gone", [&] { return redis.ask({"EXISTS", "y"}) == "0"; });
    CHECK(redis.ask({"TTL", "x"}) == "-1");
    testing::require_applied(site, with(", ttl '1 hour', value 'pos'"));
    eventually("what is there is written again", [&] { return redis.ask({"GET", "x"}) == "0"; });
    CHECK(std::stoi(redis.ask({"TTL", "x"})) > 3500);
}

TEST_CASE("Keys end at their newest value through kill -9 at any step, in each partition") {
    const testing::Deployment site;
    const PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    for (const std::string step :
         {"before_write=kill@1", "after_write=kill@1", "after_write=kill@2"}) {
        INFO(step);
        const auto killed = start_cache(site, {"TIDEWHEEL_FAILPOINTS=" + step});
        for (int partition = 0; partition < 3; ++partition) {
            send_round(site, partition, step);
            site.send(partition, {record("d" + std::to_string(partition), step),
                                  deletion("d" + std::to_string(partition))});
        }
        CHECK(killed->wait() == 128 + SIGKILL);
        const auto cache = start_cache(site);
        for (int partition = 0; partition < 3; ++partition)
            eventually("the newest is there", [&] { return has_round(redis, partition, step); });
        eventually("the outbox has the newest rows", [&] { return is_settled(site); });
        CHECK(keys(redis) == 30);
        // What had arrived before the kill was recognised, and not written again.
        CHECK(cache->errors().find("filled again") == std::string::npos);
    }
    CHECK(site.value("SELECT count(*) FROM cached") == "30");
}

TEST_CASE("What a frozen owner writes late overwrites nothing newer") {
    const testing::Deployment site;
    const PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto frozen = start_cache(site, {"TIDEWHEEL_FAILPOINTS=before_write=stop@1"});
    site.send(0, {record("1", "old")});
    eventually("it is about to write", [&] {
        return site.value("SELECT count(*) FROM cached") == "1" && frozen->stopped();
    });
    const auto cache = start_cache(site);
    eventually("another has taken over", [&] { return name_of(redis, "1") == "old"; });
    site.send(0, {record("1", "new")});
    eventually("it is newer", [&] { return name_of(redis, "1") == "new"; });
    const std::string scripts = scripts_run(redis);
    frozen->signal(SIGCONT);
    eventually("it has tried", [&] { return scripts_run(redis) != scripts; });
    CHECK(name_of(redis, "1") == "new");
    CHECK(redis.ask({"GET", "category:1"}) == R"({"name":"new","pos":1})");
}

TEST_CASE("A Redis that was wiped is noticed without traffic, and filled again") {
    const testing::Deployment site;
    PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    auto cache = start_cache(site);
    for (int partition = 0; partition < 2; ++partition)
        send_round(site, partition, "first");
    site.send(0, {deletion("0-9")});
    const auto all_there = [&] {
        return keys(redis) == 19 && name_of(redis, "0-8") == "first" &&
               has_round(redis, 1, "first");
    };
    eventually("all is there", all_there);
    eventually("nothing waits", [&] { return is_settled(site); });

    redis.ask({"FLUSHALL"});
    eventually("it is filled again", all_there, 60s);
    CHECK(name_of(redis, "0-9").empty());

    redis.kill();
    redis.start();
    eventually("it is filled again", all_there, 60s);

    cache->signal(SIGKILL);
    cache->wait();
    redis.ask({"FLUSHALL"});
    cache = start_cache(site);
    eventually("it is noticed at the next start", all_there, 60s);
    eventually("nothing waits", [&] { return is_settled(site); });
    CHECK(site.value("SELECT count(*) FROM tidewheel.undelivered") == "0");
}

TEST_CASE("A Redis that came back older gets what it lacks, and loses what was deleted since") {
    const testing::Deployment site;
    PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    send_round(site, 0, "first");
    send_round(site, 1, "first");
    eventually("all is there", [&] { return has_round(redis, 0, "first") && keys(redis) == 20; });
    eventually("nothing waits", [&] { return is_settled(site); });
    redis.ask({"SET", "somebody:else", "stays"});
    redis.ask({"SAVE"});
    send_round(site, 0, "second");
    site.send(0, {deletion("0-3")});
    site.send(1, {deletion("1-0"), record("1-x", "new")});
    eventually("the deletions are there", [&] { return keys(redis) == 19; });
    eventually("they are forgotten", [&] { return is_settled(site); });

    redis.kill();
    redis.start();
    CHECK(redis.ask({"EXISTS", "somebody:else"}) == "1");
    eventually("what was deleted is gone, what is newer is there", [&] {
        return keys(redis) == 19 && name_of(redis, "0-3").empty() &&
               name_of(redis, "1-0").empty() && name_of(redis, "0-4") == "second" &&
               name_of(redis, "1-x") == "new";
    });
    CHECK(redis.ask({"GET", "somebody:else"}) == "stays");
}

TEST_CASE("A Redis that keeps its data is continued after kill -9, and not filled again") {
    const testing::Deployment site;
    PrivateRedis redis("appendonly yes;appendfsync always");
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    send_round(site, 0, "first");
    eventually("all is there", [&] { return has_round(redis, 0, "first"); });
    redis.kill();
    send_round(site, 0, "second");
    eventually("the outage is named", [&] {
        return status_of(site).find("waiting")->integer() > 0 &&
               error_of(site).find("Redis at 127.0.0.1:") == 0;
    });
    redis.start();
    eventually("all is there", [&] { return has_round(redis, 0, "second"); });
    CHECK(cache->errors().find("filled again") == std::string::npos);
    CHECK(site.value("SELECT count(*) FROM tidewheel.undelivered") == "0");
    eventually("it is no longer said to fail", [&] { return error_of(site).empty(); });
}

TEST_CASE("An outage of Redis is named while nothing waits, and forgotten when it is over") {
    const testing::Deployment site;
    PrivateRedis redis("appendonly yes;appendfsync always");
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    site.send(0, {record("1", "Drama")});
    eventually("it is there", [&] { return name_of(redis, "1") == "Drama"; });
    redis.freeze();
    eventually("it is named",
               [&] { return error_of(site).find("does not answer in time") != std::string::npos; });
    redis.thaw();
    eventually("it is forgotten", [&] { return error_of(site).empty(); });
}

TEST_CASE("What Redis answers is in the status, and deliveries continue when it is put right") {
    const testing::Deployment site;
    PrivateRedis redis;
    std::string declared = sink(redis, ", password_file 'shop'");
    declared.insert(declared.find("redis://") + 8, "shop@");
    testing::require_applied(site, stream + declared + statement);
    const std::string secrets = testing::unique_path("private", "secrets");
    std::filesystem::create_directories(secrets);
    std::ofstream(secrets + "/shop") << "opens ame\n";
    const auto worker = site.start("tidewheel-worker");
    int sent = 0;
    const auto fails_with = [&](const std::string& words) {
        site.send(0, {record("1", "name " + std::to_string(++sent))});
        eventually(words, [&] { return error_of(site).find(words) != std::string::npos; });
    };
    const auto is_well = [&] {
        eventually("it is written",
                   [&] { return name_of(redis, "1") == "name " + std::to_string(sent); });
    };
    const auto cache = start_cache(site, {"TIDEWHEEL_CACHE_SECRETS=" + secrets});
    fails_with("WRONGPASS");
    redis.ask({"ACL", "SETUSER", "shop", "on", ">opens ame", "~*", "+@all"});
    is_well();

    redis.ask({"CONFIG", "SET", "maxmemory", "1"});
    fails_with("OOM");
    redis.ask({"CONFIG", "SET", "maxmemory", "0"});
    is_well();

    redis.ask({"REPLICAOF", "127.0.0.1", "1"});
    fails_with("READONLY");
    redis.ask({"REPLICAOF", "NO", "ONE"});
    is_well();

    const std::string marks =
        "tidewheel:" + site.value("SELECT uid FROM tidewheel.sinks WHERE name = 'cached'");
    redis.ask({"SET", marks, "no hash"});
    fails_with("WRONGTYPE");
    redis.ask({"DEL", marks});
    is_well();
    CHECK(site.value("SELECT count(*) FROM tidewheel.undelivered") == "0");
    CHECK(site.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
}

TEST_CASE("A Redis that wants a password is told so by name") {
    const testing::Deployment site;
    const PrivateRedis redis("requirepass sesame");
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    site.send(0, {record("1", "Drama")});
    eventually("NOAUTH",
               [&] { return error_of(site).find("answers: NOAUTH") != std::string::npos; });
}

TEST_CASE("A record without a key is a dead letter, and its neighbours are keys") {
    const testing::Deployment site;
    const PrivateRedis redis;
    testing::require_applied(site, stream + sink(redis) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto cache = start_cache(site);
    site.send(0, {record("1", "Drama"), R"({"name":"no id"})", record("2", "War")});
    eventually("its neighbours are there", [&] { return keys(redis) == 2; });
    CHECK(site.value("SELECT reason FROM tidewheel.dead_letters") == "target_refused");
}

TEST_CASE("What a sink of redis can't be is refused by name") {
    const testing::Deployment site;
    const auto refused = [&](const std::string& columns, const std::string& options) {
        const testing::Finished applied = site.apply("CREATE FOREIGN TABLE c (" + columns +
                                                     ") SERVER redis OPTIONS (" + options + ");");
        CHECK(applied.status == 3);
        return applied.errors;
    };
    const std::string both = "key text, value text", url = "url 'redis://h'";
    CHECK_THAT(refused(both, "ttl '1 day'"), ContainsSubstring("needs the option url"));
    CHECK_THAT(refused(both, "url 'http://h'"), ContainsSubstring("is not a URL like redis://"));
    CHECK_THAT(refused(both, "url 'redis://h:0'"), ContainsSubstring("is not a URL like redis://"));
    CHECK_THAT(refused(both, "url 'rediss://h'"), ContainsSubstring("there is no TLS"));
    CHECK_THAT(refused(both, "url 'redis://:secret@h'"), ContainsSubstring("has a password in it"));
    CHECK_THAT(refused(both, url + ", retry_for '1 day'"),
               ContainsSubstring("unknown option retry_for of SERVER redis"));
    CHECK_THAT(refused(both, url + ", ttl 'soon'"),
               ContainsSubstring("ttl 'soon' is not an interval"));
    CHECK_THAT(refused("id text, name text", url), ContainsSubstring("has no column key"));
    CHECK_THAT(refused("key text", url), ContainsSubstring("has no column for the value"));
    CHECK_THAT(refused(both, url + ", value 'key'"), ContainsSubstring("can't be two of"));
    CHECK_THAT(refused(both + ", gone text", url + ", deleted 'gone'"),
               ContainsSubstring("is of type text, and not boolean"));
    testing::require_applied(site, "CREATE FOREIGN TABLE c (" + both +
                                       ", other text) SERVER redis "
                                       "OPTIONS (" +
                                       url + ");");
    CHECK_THAT(refused(both + ", other text", url + ", key 'other'"),
               ContainsSubstring("the option key of a sink of redis can't change"));
    site.must({"drop", "--yes", "sink c"});
    CHECK(site.value("SELECT to_regclass('c') IS NULL") == "t");
}
