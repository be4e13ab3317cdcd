// tidewheel run alone: every service that the pipeline needs, in one process.
#include <csignal>

#include "applied.hpp"
#include "ingress_service.hpp"
#include "tidewheel/testing/catch.hpp"
#include "webhooks.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string incoming = R"(
CREATE TABLE products (id text PRIMARY KEY, price numeric);
CREATE FOREIGN TABLE incoming (id text NOT NULL, price numeric) SERVER kafka OPTIONS (topic '{topic}', partitions '2',
    ingress '/products', key 'id');
INSERT INTO products SELECT id, price FROM incoming ON CONFLICT (id) DO UPDATE SET price = excluded.price;
)";
const std::string changes = R"(
CREATE FOREIGN TABLE changes (op text, id text OPTIONS (json 'after.id'), price numeric OPTIONS (json 'after.price'))
    SERVER kafka OPTIONS (topic '{topic}-changes', changes_of 'public.products');
)";
const std::string numbers = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
)";

std::string announced(const Hook& hook) {
    return "CREATE FOREIGN TABLE announced (id text, price numeric) SERVER webhook OPTIONS (url '" +
           hook.url() +
           "');\nINSERT INTO announced SELECT id, price FROM changes WHERE op IN ('c', 'r', 'u');";
}

std::unique_ptr<Process> start_run(const Deployment& site,
                                   std::vector<std::string> environment = {}) {
    environment.emplace_back("TIDEWHEEL_INGRESS_LISTEN=127.0.0.1:0");
    environment.emplace_back("TIDEWHEEL_NOTIFIER_PRIVATE=yes");
    environment.emplace_back("TIDEWHEEL_RETRY_LONGEST=500ms");
    return site.start_command({"run"}, std::move(environment));
}

bool says(const Process& process, const std::string& words) {
    return process.errors().find(words) != std::string::npos;
}

http::Response ready(Process& process) {
    return http::fetch("GET", admin_url(process) + "/readyz");
}

// Where records are taken, out of the log; waits until it says so.
std::string ingress_url(const Process& process) {
    eventually("the ingress listens", [&] { return says(process, "ingress=http://"); });
    const std::string log = process.errors();
    const auto at = log.find("ingress=http://") + 8;
    return log.substr(at, log.find_first_of(" \n", at) - at);
}

std::string product(int n) {
    return R"({"id":"p)" + std::to_string(n) + R"(","price":1.5})";
}

}  // namespace

TEST_CASE("tidewheel run alone takes records by HTTP, and sends what changes to a webhook") {
    const Deployment site;
    const Hook hook;
    require_applied(site, incoming + changes + announced(hook));
    auto all = start_run(site);
    std::string url = ingress_url(*all);
    eventually("it is ready", [&] { return ready(*all).status == 200; });
    constexpr int each = 20;
    for (int n = 0; n < each; ++n)
        CHECK(http::fetch("POST", url + "/products", product(n), "application/json").status == 202);
    eventually("the first are announced", [&] { return hook.ids().size() == each; });
    const std::string metrics = http::fetch("GET", admin_url(*all) + "/metrics").body;
    for (const char* line :
         {"tidewheel_ingress_records_total{stream=\"public.incoming\"} 20",
          "tidewheel_changefeed_records_total{stream=\"changes\"} 20",
          "tidewheel_delivered_rows_total{sink=\"announced\",subscriber=\"\"} 20",
          "tidewheel_ready 1"})
        CHECK_THAT(metrics, ContainsSubstring(line));

    all->signal(SIGKILL);
    all->wait();
    all = start_run(site);
    url = ingress_url(*all);
    eventually("it takes records again", [&] {
        return http::fetch("POST", url + "/products", product(each), "application/json").status ==
               202;
    });
    eventually(
        "the last one is announced", [&] { return hook.ids().size() == each + 1; }, 30s);
    CHECK(site.value("SELECT count(*) FROM products") == std::to_string(each + 1));

    all->signal(SIGTERM);
    CHECK(all->wait() == 0);
    CHECK(!says(*all, "abandoned"));
    CHECK(site.value("SELECT count(*) FROM tidewheel.deliveries WHERE owner IS NOT NULL") == "0");
}

TEST_CASE("tidewheel run serves what apply declares meanwhile, and no longer what is dropped") {
    const Deployment site;
    const Hook hook;
    require_applied(site, numbers);
    const auto all = start_run(site);
    site.send(0, {R"({"n": 1})"});
    site.arrive();
    CHECK(!says(*all, "service=notifier"));
    require_applied(site,
                    numbers + "CREATE FOREIGN TABLE odd (n integer) SERVER webhook OPTIONS (url '" +
                        hook.url() + "');\nINSERT INTO odd SELECT n FROM numbers WHERE n % 2 = 1;");
    site.send(1, {R"({"n": 3})"});
    eventually("the rows are delivered", [&] { return !hook.ids().empty(); });
    CHECK(!says(*all, "service=capture"));
    site.must({"drop", "--yes", "--cascade", "sink odd"});
    eventually("it ends", [&] { return says(*all, "nothing is declared for it any more"); });
    site.send(0, {R"({"n": 5})"});
    site.arrive();
    CHECK(site.value("SELECT count(*) FROM whole") == "3");
    eventually("it is ready", [&] { return ready(*all).status == 200; });
}

TEST_CASE("tidewheel run names a service that can't run, and the others go on") {
    const Deployment site;
    require_applied(site,
                    numbers +
                        "CREATE FOREIGN TABLE files (n integer) SERVER files OPTIONS (path "
                        "'all/{partition}/{first}');\nINSERT INTO files SELECT n FROM numbers;");
    const auto all = start_run(site);
    eventually("it is named", [&] {
        const http::Response answer = ready(*all);
        return answer.status == 503 && answer.body.find("capture: service: the directory") == 0;
    });
    CHECK_THAT(all->errors(), ContainsSubstring("--capture-directory"));
    site.send(0, {R"({"n": 1})"});
    site.arrive();
    CHECK(site.value("SELECT count(*) FROM whole") == "1");
    CHECK_THAT(http::fetch("GET", admin_url(*all) + "/metrics").body,
               ContainsSubstring("tidewheel_ready 0"));
}
