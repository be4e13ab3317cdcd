// The system of pipelines/systems/orders.sql, as its page has it, with everything killed meanwhile.
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>

#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string folder = TIDEWHEEL_SOURCE_DIR "/";

std::string contents(const std::string& path) {
    std::ifstream file(folder + path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string with(std::string text, const std::string& part, const std::string& other) {
    for (auto at = text.find(part); at != std::string::npos;
         at = text.find(part, at + other.size()))
        text.replace(at, part.size(), other);
    return text;
}

// The pipeline, with topics and a Redis of the test's own.
class Shop {
  public:
    Shop() {
        std::string sql = contents("pipelines/systems/orders.sql");
        sql = with(std::move(sql), "orders-region", site.topic() + "-region");
        sql = with(std::move(sql), "category-changes", site.topic() + "-categories");
        require_applied(site, with(std::move(sql), "redis://redis:6379/0", redis.url()));
        require_applied(site, contents("pipelines/systems/orders_catalogue.sql"));
        for (const char* service : {"worker", "aggregator", "changefeed", "cache"})
            start(service);
    }

    void start(const std::string& service) {
        services_[service] = site.start("tidewheel-" + service, {"TIDEWHEEL_RETRY_LONGEST=500ms"});
    }
    void kill(const std::string& service) {
        services_.at(service)->signal(SIGKILL);
        CHECK(services_.at(service)->wait() == 128 + SIGKILL);
        start(service);
    }
    std::string name_in_cache(int category) const {
        return redis.ask({"GET", "category:" + std::to_string(category)});
    }
    std::size_t cached() const { return lines_of(redis.ask({"KEYS", "category:*"})).size(); }

    Deployment site;
    PrivateRedis redis;

  private:
    std::map<std::string, std::unique_ptr<Process>> services_;
};

// What deploy/stack/check_orders.sql says of the orders that these arguments make.
std::string compared(const Deployment& site, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--print", "--quiet"});
    const TemporaryFile sent(site.tidewheel(std::move(arguments)).output);
    const Finished check =
        run({"psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", site.url(), "-c",
             "CREATE TEMP TABLE sent (n integer GENERATED ALWAYS AS IDENTITY, line text)", "-c",
             "\\copy sent (line) FROM '" + sent.path() +
                 R"(' WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'))",
             "-f", folder + "deploy/stack/check_orders.sql"});
    INFO(check.errors);
    CHECK(check.status == 0);
    return check.output;
}

}  // namespace

TEST_CASE("Orders end exact through kill -9, and each bad one is accounted for") {
    Shop shop;
    const Deployment& site = shop.site;
    const std::string region = site.topic() + "-region";
    const std::vector<std::string> orders{"produce", "orders", "--count", "6000",
                                          "--seed",  "7",      "--bad",   "5",
                                          "--span",  "9h",     "--start", "2026-01-01T20:30:00Z"};
    std::vector<std::string> sent = orders;
    sent.insert(sent.end(), {"--rate", "2000", "--topic", region + "1," + region + "2"});
    const auto producer = site.start_command(sent);
    int stored = 500;
    for (const char* victim : {"worker", "aggregator", "worker", "aggregator"}) {
        eventually("some more are stored",
                   [&] { return std::stoi(site.value("SELECT count(*) FROM orders")) > stored; });
        stored += 1000;
        shop.kill(victim);
    }
    CHECK(producer->wait() == 0);
    site.arrive();
    check_verified(site);
    const std::string found = compared(site, orders);
    INFO(found);
    const auto lines = lines_of(found);
    CHECK(lines.size() == 9);
    for (const std::string& line : lines)
        CHECK_THAT(line, Catch::Matchers::EndsWith(" rows, equal"));
    CHECK(site.value("SELECT count(*) || ' from ' || min(item_id) || ' to ' || max(item_id) FROM "
                     "top_products") == "10 from 397520 to 397529");
    CHECK(site.value("SELECT count(DISTINCT reason) FROM tidewheel.dead_letters") == "3");
    CHECK(site.value("SELECT max(n) - min(n) < 100 FROM (SELECT count(*) AS n FROM orders GROUP BY "
                     "region) AS regions") == "t");
}

TEST_CASE("The cache of the categories follows whoever changes them, through kill -9") {
    Shop shop;
    const Deployment& site = shop.site;
    eventually("all are in the cache", [&] { return shop.cached() == 19; });
    CHECK_THAT(shop.name_in_cache(878), ContainsSubstring(R"("category_name":"Science Fiction")"));
    site.query("UPDATE categories SET category_name = 'Comedies' WHERE category_id = 35");
    site.query("DELETE FROM categories WHERE category_id = 37");
    site.query("INSERT INTO categories VALUES (1, 'Short films')");
    const auto is_right = [&] {
        return shop.name_in_cache(35).find("Comedies") != std::string::npos &&
               shop.name_in_cache(37).empty() && !shop.name_in_cache(1).empty();
    };
    eventually("the changes arrive", is_right);
    CHECK(shop.cached() == 19);
    for (const char* victim : {"changefeed", "cache", "worker"}) {
        site.query("TRUNCATE categories");
        shop.kill(victim);
        site.query("INSERT INTO categories SELECT n, 'new' FROM generate_series(1, 5) n");
        eventually(std::string("what there is now, and nothing else, after the end of ") + victim,
                   [&] { return shop.cached() == 5 && !shop.name_in_cache(1).empty(); });
    }
}
