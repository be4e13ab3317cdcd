// Records by HTTP: what is accepted is in the topic, and what is refused is not.
#include <csignal>
#include <future>
#include <set>
#include <thread>

#include "applied.hpp"
#include "ingress_service.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using codec::Json;
using testing::Ingress;
using testing::stored_in;

namespace {

constexpr auto ndjson = "application/x-ndjson";

// The token is "secret".
const std::string pipeline = R"(
CREATE FOREIGN TABLE products (
    id         text NOT NULL CHECK (id LIKE 'p%'),
    kind       text,
    price      numeric(10,2) CHECK (price > 0),
    record_key text OPTIONS (key 'true'),
    request    text OPTIONS (header 'Idempotency-Key'),
    CHECK (md5(id) <> md5('p-left-to-the-worker'))
) SERVER kafka OPTIONS (topic '{topic}', partitions '4', ingress '/products', key 'id',
    route 'kind', route_new '1,3',
    ingress_tokens '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b');
CREATE TABLE product (id text PRIMARY KEY, kind text, price numeric, record_key text, request text);
INSERT INTO product SELECT id, kind, price, record_key, request FROM products;
)";

const Ingress::Headers token{{"Authorization", "Bearer secret"}};

http::Response post(const Ingress& ingress, const std::string& body,
                    const std::string& type = "application/json", Ingress::Headers headers = {},
                    const std::string& path = "/products") {
    headers.insert(token.begin(), token.end());
    return ingress.post(path, body, type, headers);
}

std::string product(const std::string& id) {
    return R"({"id":")" + id + R"("})";
}

const std::string open_pipeline =
    "CREATE FOREIGN TABLE s (id text NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions "
    "'2', ingress '/s', key 'id');";

}  // namespace

TEST_CASE("What was accepted becomes rows, in the form of one object, an array, lines and gzip") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline);
    const Ingress ingress(site);
    CHECK(post(ingress, R"({"id":"p1","price":1.50,"kind":"new"})", "application/json",
               {{"Idempotency-Key", "request-1"}})
              .status == 202);
    const auto array = post(ingress, R"([{"id":"p2"},{"id":"p3","kind":"old"}])");
    CHECK(array.status == 202);
    CHECK(Json::parse(array.body)->find("accepted")->integer() == 2);
    CHECK(post(ingress, "{\"id\":\"p4\"}\n{\"id\":\"p5\"}\n", ndjson).status == 202);
    // printf '{"id":"p6"}' | gzip -n
    const std::string packed(
        "\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\x56\xca\x4c\x51\xb2\x52\x2a\x30\x53\xaa\x05\0\x0d\x2c\x50"
        "\xdd\x0b\0\0\0",
        31);
    CHECK(post(ingress, packed, "application/json", {{"Content-Encoding", "gzip"}}).status == 202);

    const auto worker = site.start("tidewheel-worker");
    site.arrive();
    CHECK(site.value("SELECT string_agg(id, ' ' ORDER BY id) FROM product") == "p1 p2 p3 p4 p5 p6");
    CHECK(site.value("SELECT bool_and(record_key = id) FROM product") == "t");
    CHECK(site.value("SELECT request FROM product WHERE id = 'p1'") == "request-1");
    CHECK(site.value("SELECT count(*) FROM product WHERE request IS NULL") == "5");
    CHECK(site.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    for (const auto& each : stored_in(site.kafka(), site.topic()))
        if (each.key == "p1") {
            CHECK((each.partition == 1 || each.partition == 3));
            CHECK(each.value == R"({"id":"p1","price":1.50,"kind":"new"})");
        }
    CHECK_THAT(
        ingress.metrics(),
        ContainsSubstring(
            R"(tidewheel_ingress_requests_total{status="202",stream="public.products"} 4)") &&
            ContainsSubstring(R"(tidewheel_ingress_records_total{stream="public.products"} 6)"));
}

TEST_CASE("A CHECK that the engine can't compute is a worker's to judge") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline);
    Ingress ingress(site);
    CHECK(post(ingress, product("p-left-to-the-worker")).status == 202);
    CHECK_THAT(ingress.process().errors(), ContainsSubstring("check is left to the workers"));
    const auto worker = site.start("tidewheel-worker");
    site.arrive();
    CHECK(site.value("SELECT reason FROM tidewheel.dead_letters") == "check_violation");
}

TEST_CASE("Each refusal has its status and its reason, and sends nothing") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline);
    const Ingress ingress(
        site, {"TIDEWHEEL_INGRESS_BODY_BYTES=2000", "TIDEWHEEL_INGRESS_QUEUE_RECORDS=20"});
    struct Case {
        std::string path, type, body;
        Ingress::Headers headers;
        int status;
        std::string said;
    };
    const std::string json = "application/json", good = product("p1");
    std::string many = "[" + good;
    for (int i = 0; i < 20; ++i)
        many += "," + good;
    many += "]";
    const std::vector<Case> cases = {
        {"/nowhere", json, good, token, 404, "no stream takes records"},
        {"/products", json, good, {}, 401, "must carry a token"},
        {"/products", json, good, {{"Authorization", "Bearer wrong"}}, 401, "must carry a token"},
        {"/products", json, good, {{"Authorization", "secret"}}, 401, "must carry a token"},
        {"/products", "text/plain", good, token, 415, "application/json"},
        {"/products", json, std::string(3000, ' '), token, 413, "too large"},
        {"/products", json, many, token, 413, "20 records at most"},
        {"/products", json, " \n", token, 400, "the body is empty"},
        {"/products", json, "[" + good, token, 400, "the array does not end"},
        {"/products", json, "[" + good + ",{\"id\":1.5e400}]", token, 400, "\"index\": 1"},
        {"/products", json, product("x"), token, 400, "products_id_check"},
        {"/products", json, R"({"id":"p","price":"cheap"})", token, 400, "\"field\": \"price\""},
        {"/products", json, "{}", token, 400, "missing_field"},
        {"/products", ndjson, good + "\n\n{\n", token, 400, "\"line\": 3"},
        {"/products",
         json,
         good,
         {{"Authorization", "Bearer secret"}, {"Idempotency-Key", std::string(256, 'k')}},
         400,
         "more than 255 bytes"},
    };
    for (const Case& each : cases) {
        INFO(each.path << " " << each.body);
        const auto refused = ingress.post(each.path, each.body, each.type, each.headers);
        CHECK(refused.status == each.status);
        CHECK(refused.content_type == "application/problem+json");
        CHECK_THAT(refused.body, ContainsSubstring(each.said));
        CHECK_THAT(refused.body,
                   ContainsSubstring("\"status\": " + std::to_string(each.status) + ","));
    }
    const auto get = ingress.get("/products");
    CHECK(get.status == 405);
    CHECK(get.headers.at("Allow") == "POST");
    CHECK(stored_in(site.kafka(), site.topic()).empty());
}

TEST_CASE("With partial=true the good records of a request are sent, and the others named") {
    const testing::Deployment site;
    testing::require_applied(site, pipeline);
    const Ingress ingress(site);
    const std::string body = product("p1") + "\n" + product("x") + "\n" + product("p2");
    CHECK(post(ingress, body, ndjson).status == 400);
    CHECK(stored_in(site.kafka(), site.topic()).empty());
    const auto partial = post(ingress, body, ndjson, {}, "/products?partial=true");
    CHECK(partial.status == 202);
    const auto json = Json::parse(partial.body).value();
    CHECK(json.find("accepted")->integer() == 2);
    CHECK(json.find("refused")->integer() == 1);
    CHECK(json.find("errors")->items().at(0).find("line")->integer() == 2);
    CHECK(stored_in(site.kafka(), site.topic()).size() == 2);
    CHECK(post(ingress, product("x"), ndjson, {}, "/products?partial=true").status == 400);
}

TEST_CASE("The ingress follows the catalogue: other paths, rules and tokens, without a restart") {
    const testing::Deployment site;
    testing::require_applied(site, open_pipeline);
    const Ingress ingress(site);
    CHECK(ingress.post("/s", "{\"id\":\"a\"}").status == 202);
    CHECK_THAT(ingress.get("/openapi.json").body, ContainsSubstring("\"/s\""));
    std::string changed = open_pipeline;
    changed.replace(changed.find("NOT NULL"), 8, "NOT NULL CHECK (id <> 'a')");
    changed.replace(changed.find("'/s'"), 4, "'/t'");
    testing::require_applied(site, changed);
    testing::eventually("the path has changed",
                        [&] { return ingress.post("/s", "{\"id\":\"b\"}").status == 404; });
    CHECK(ingress.post("/t", "{\"id\":\"b\"}").status == 202);
    CHECK(ingress.post("/t", "{\"id\":\"a\"}").status == 400);
    CHECK_THAT(ingress.get("/openapi.json").body, ContainsSubstring("\"/t\""));
}

TEST_CASE("apply refuses an ingress that could not work, and plan shows one that does") {
    const testing::Deployment site;
    const auto stream = [](const std::string& name, const std::string& columns,
                           const std::string& options) {
        return "CREATE FOREIGN TABLE " + name + " (" + columns +
               ") SERVER kafka OPTIONS (topic '{topic}', " + options + ");\n";
    };
    const std::vector<std::pair<std::string, std::string>> cases = {
        {stream("a", "id text", "ingress '/x'") + stream("b", "id text", "ingress '/x'"),
         "ingress '/x' is also that of stream"},
        {stream("a", "id numeric", "key 'id'"), "is of type numeric, which can't be a key"},
        {stream("a", "k text OPTIONS (key 'true')", "key 'k'"), "key 'k' is not a field"},
        {stream("a", "k text OPTIONS (key 'true') NOT NULL", "ingress '/x'"),
         "column k is NOT NULL, but no request can give it a value"},
        {stream("a", "k text OPTIONS (header 'source') NOT NULL", "ingress '/x'"),
         "column k is NOT NULL, but no request can give it a value"},
        {stream("a", "id text, k integer", "ingress '/x', route 'k', route_1 '0'"),
         "route 'k' is of type integer"},
    };
    for (const auto& [text, said] : cases) {
        INFO(text);
        const auto refused = site.apply(text);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring(said));
    }
    testing::require_applied(site, pipeline);
    const auto plan = site.tidewheel({"plan"});
    CHECK_THAT(plan.output, ContainsSubstring("POST /products, with a token"));
    CHECK_THAT(plan.output, ContainsSubstring("key         id"));
    CHECK_THAT(site.apply(stream("c", "id text", "partitions '4', ingress '/products'")).errors,
               ContainsSubstring("is also that of stream products"));
}

TEST_CASE("Every record that was accepted is in the topic after kill -9 of the ingress") {
    const testing::Deployment site;
    testing::require_applied(site, open_pipeline);
    std::set<std::string> accepted;
    for (int round = 0; round < 3; ++round) {
        Ingress ingress(site);
        std::vector<std::set<std::string>> sent(4);
        std::atomic<int> answers = 0;
        {
            std::vector<std::jthread> clients;
            for (std::size_t client = 0; client < sent.size(); ++client)
                clients.emplace_back([&, client](const std::stop_token& stop) {
                    for (int n = 0; !stop.stop_requested(); ++n) {
                        const std::string id = std::to_string(round) + "-" +
                                               std::to_string(client) + "-" + std::to_string(n);
                        try {
                            if (ingress.post("/s", "{\"id\":\"" + id + "\"}").status != 202) return;
                        } catch (const Error&) {
                            return;  // killed: nothing was said
                        }
                        sent[client].insert(id);
                        ++answers;
                    }
                });
            testing::eventually("many records are accepted", [&] { return answers > 200; });
            ingress.process().signal(SIGKILL);
        }
        for (auto& each : sent)
            accepted.merge(each);
    }
    std::set<std::string> stored;
    for (const auto& each : stored_in(site.kafka(), site.topic()))
        stored.insert(each.key);
    CHECK(accepted.size() > 600);
    CHECK(std::includes(stored.begin(), stored.end(), accepted.begin(), accepted.end()));
}

TEST_CASE("A stop answers the requests that Kafka still acknowledges") {
    const testing::Deployment site;
    testing::require_applied(site, open_pipeline);
    Ingress ingress(site);
    std::atomic<int> accepted = 0;
    std::vector<std::jthread> clients;
    for (int client = 0; client < 4; ++client)
        clients.emplace_back([&](const std::stop_token& stop) {
            try {
                while (!stop.stop_requested())
                    accepted += ingress.post("/s", "{\"id\":\"a\"}").status == 202;
            } catch (const Error&) {  // it has ended
            }
        });
    testing::eventually("records are accepted", [&] { return accepted > 100; });
    ingress.process().signal(SIGTERM);
    CHECK(ingress.process().wait() == 0);
    clients.clear();
    CHECK(stored_in(site.kafka(), site.topic()).size() >= static_cast<std::size_t>(accepted));
}

TEST_CASE("While PostgreSQL is away records are taken by the rules that are known", "[outage]") {
    testing::PrivatePostgres postgres;
    const testing::Deployment site(postgres.url(), testing::kafka());
    testing::require_applied(site, open_pipeline);
    const Ingress ingress(site);
    postgres.kill();
    testing::eventually("it has noticed", [&] {
        return ingress.metrics().find("tidewheel_database_up 0") != std::string::npos;
    });
    CHECK(ingress.post("/s", "{\"id\":\"a\"}").status == 202);
    CHECK(ingress.post("/s", "{}").status == 400);
    CHECK(ingress.ready().status == 200);
    postgres.start();
    testing::eventually("it is back", [&] {
        return ingress.metrics().find("tidewheel_database_up 1") != std::string::npos;
    });
}

TEST_CASE("While PostgreSQL hangs, records are taken all the same", "[outage]") {
    testing::PrivatePostgres postgres;
    const testing::Deployment site(postgres.url(), testing::kafka());
    testing::require_applied(site, open_pipeline);
    const Ingress ingress(site, {"TIDEWHEEL_STALL_AFTER=1s"});
    postgres.freeze();
    testing::eventually("it has noticed", [&] {
        return ingress.metrics().find("tidewheel_database_up 0") != std::string::npos;
    });
    CHECK(ingress.post("/s", product("a")).status == 202);
    postgres.thaw();
    testing::eventually("it is back", [&] {
        return ingress.metrics().find("tidewheel_database_up 1") != std::string::npos;
    });
}

TEST_CASE("While Kafka is away nothing is said to be accepted: 503, or 429 when too much waits",
          "[outage]") {
    testing::PrivateKafka kafka;
    const testing::TemporaryDatabase database;
    const testing::Deployment site(database.url(), kafka.settings());
    testing::require_applied(site, open_pipeline);
    const Ingress ingress(
        site, {"TIDEWHEEL_INGRESS_DELIVERY_TIME=2s", "TIDEWHEEL_INGRESS_QUEUE_RECORDS=2"});
    CHECK(ingress.post("/s", "{\"id\":\"before\"}").status == 202);
    kafka.freeze();
    const std::string two = R"([{"id":"a"},{"id":"b"}])";
    auto waits = std::async(std::launch::async, [&] { return ingress.post("/s", two); });
    const auto other = ingress.post("/s", two);
    const auto one = waits.get();
    // Whichever came first waited in vain, and left no room for the other.
    CHECK(std::set{one.status, other.status} == std::set{429, 503});
    const auto& refused = one.status == 429 ? one : other;
    CHECK(refused.headers.at("Retry-After") == "1");
    CHECK_THAT(refused.body, ContainsSubstring("nothing was sent"));
    const auto late = ingress.post("/s", "{\"id\":\"c\"}");
    CHECK(late.status == 503);
    CHECK(late.headers.at("Retry-After") == "1");
    testing::eventually("it says that it is not ready",
                        [&] { return ingress.ready().status == 503; });
    kafka.thaw();
    testing::eventually("records are accepted again",
                        [&] { return ingress.post("/s", "{\"id\":\"after\"}").status == 202; });
    testing::eventually("it is ready again", [&] { return ingress.ready().status == 200; });
    std::set<std::string> keys;
    for (const auto& each : stored_in(kafka.settings(), site.topic()))
        keys.insert(each.key);
    CHECK(keys.contains("before"));
    CHECK(keys.contains("after"));
}
