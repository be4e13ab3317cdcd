#include <csignal>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "producer/produce.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/process.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using codec::Json;

namespace {

constexpr int partitions = 4;

Settings settings() {
    const kafka::ClientSettings client = testing::kafka();
    Settings settings;
    settings.kafka = client.brokers;
    settings.kafka_options = client.options;
    return settings;
}

std::string new_topic() {
    const std::string topic = testing::unique("producer");
    kafka::Admin(testing::kafka()).create_topic(topic, partitions);
    return topic;
}

struct Arrived {
    std::string value;
    std::map<std::string, std::string> headers;
};

std::vector<Arrived> read(const std::string& topic, int partition) {
    const auto [begin, end] = kafka::Admin(testing::kafka()).watermarks(topic, partition);
    std::vector<Arrived> arrived;
    kafka::read_partition(testing::kafka(), {topic, partition}, begin, end, 10s,
                          [&](const engine::Record& record) {
                              Arrived& one = arrived.emplace_back();
                              one.value = std::string(record.value.value());
                              for (const auto& [name, value] : record.headers())
                                  one.headers[std::string(name)] = value.value();
                          });
    return arrived;
}

std::uint64_t events_in(const std::string& topic) {
    kafka::Admin admin(testing::kafka());
    std::uint64_t events = 0;
    for (int p = 0; p < partitions; ++p) {
        const auto [begin, end] = admin.watermarks(topic, p);
        events += static_cast<std::uint64_t>(end - begin);
    }
    return events;
}

Json produce(const producer::ProduceOptions& options) {
    std::ostringstream out;
    CHECK(producer::run_produce(settings(), options, out, {}) == 0);
    return Json::parse(out.str()).value();
}

std::int64_t number(const Json& json, const char* member) {
    return json.find(member)->integer();
}

producer::ProduceOptions mixed(const std::string& topic) {
    producer::ProduceOptions options;
    options.topic = topic;
    options.count = 5000;
    options.seed = 42;
    options.bad = 10;
    options.duplicates = 2;
    options.start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
    options.json = true;
    return options;
}

// The service, until the end of the test; its address out of its log.
class Service {
  public:
    explicit Service(const std::string& topic)
        : process_({testing::program("tidewheel-producer"), "--kafka", testing::kafka().brokers,
                    "--topic", topic, "--listen", "127.0.0.1:0", "--seed", "1"}) {
        testing::eventually("the service names its address", [&] {
            const std::string log = process_.errors();
            const std::size_t at = log.find("http://");
            if (at == std::string::npos || log.find('\n', at) == std::string::npos) return false;
            url_ = log.substr(at, log.find_first_of(" \n\"", at) - at);
            return true;
        });
    }

    http::Response get(const std::string& path) const { return send("GET", path); }
    http::Response send(const std::string& method, const std::string& path) const {
        return http::fetch(method, url_ + path);
    }
    http::Response post(const std::string& path, const std::string& body = {}) const {
        return http::fetch("POST", url_ + path, body);
    }
    int end() {
        process_.signal(SIGTERM);
        return process_.wait();
    }

  private:
    testing::Process process_;
    std::string url_;
};

}  // namespace

TEST_CASE("producer: what the summary counts is what arrives, each kind in its partitions") {
    const std::string topic = new_topic();
    const Json summary = produce(mixed(topic));

    std::int64_t total = 0, sales = 0, bad = 0;
    std::set<std::string> ids;
    for (int p = 0; p < partitions; ++p) {
        const std::vector<Arrived> arrived = read(topic, p);
        CHECK(arrived.size() > 1000);
        for (const Arrived& record : arrived) {
            const Json event = Json::parse(record.value).value();
            const std::string type = event.find("event_type")->string();
            REQUIRE(type == (p % 2 == 1 ? "sale_event" : "inventory_event"));
            REQUIRE(record.headers.at("event_type") == type);
            REQUIRE(record.headers.at("content-type") == "application/json");
            REQUIRE(record.headers.at("priority_shipping") ==
                    (event.find("priority_shipping")->boolean() ? "true" : "false"));
            ids.insert(event.find("id")->string());
            sales += p % 2;
            bad += event.find("store_id") == nullptr;
            ++total;
        }
    }
    CHECK(ids.size() == 5000);
    CHECK(number(summary, "sent") == total);
    CHECK(number(summary, "delivered") == total);
    CHECK(number(summary, "failed") == 0);
    CHECK(number(summary, "duplicates") == total - 5000);
    CHECK(number(summary, "sale_events") == sales);
    CHECK(number(summary, "inventory_events") == total - sales);
    CHECK(number(summary, "bad") == bad);
}

TEST_CASE("producer: the same seed and start fill two topics with the same bytes") {
    const std::string one = new_topic(), two = new_topic();
    produce(mixed(one));
    produce(mixed(two));
    for (int p = 0; p < partitions; ++p) {
        const std::vector<Arrived> left = read(one, p), right = read(two, p);
        REQUIRE(left.size() == right.size());
        for (std::size_t i = 0; i < left.size(); ++i)
            REQUIRE(left[i].value == right[i].value);
    }
}

TEST_CASE("producer: a topic that is missing is refused with what to do") {
    std::ostringstream out;
    producer::ProduceOptions options = mixed(testing::unique("missing"));
    try {
        producer::run_produce(settings(), options, out, {});
        FAIL("no Error was thrown");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::refused);
        CHECK_THAT(error.what(), ContainsSubstring(options.topic));
        CHECK_THAT(error.hint(), ContainsSubstring("tidewheel apply"));
    }
    CHECK(out.str().empty());
}

TEST_CASE("producer: a stop ends an endless run, and the summary is what arrived") {
    const std::string topic = new_topic();
    std::stop_source stop;
    std::ostringstream out;
    producer::ProduceOptions options = mixed(topic);
    options.count = 0;
    options.rate = 2000;
    options.start.reset();
    std::jthread stopper([&] {
        testing::eventually("some events have arrived", [&] { return events_in(topic) > 500; });
        stop.request_stop();
    });
    CHECK(producer::run_produce(settings(), options, out, stop.get_token()) == 0);
    const Json summary = Json::parse(out.str()).value();
    CHECK(summary.find("interrupted")->boolean());
    CHECK(static_cast<std::uint64_t>(number(summary, "delivered")) == events_in(topic));
}

TEST_CASE("producer: the service answers when the events are in the topic") {
    const std::string topic = new_topic();
    Service service(topic);

    const http::Response by_query = service.post("/store-events-producer-fn?count=25");
    CHECK(by_query.status == 200);
    CHECK(events_in(topic) == 25);
    const Json resp = *Json::parse(by_query.body).value().find("resp");
    CHECK(number(resp, "tot_msgs") == 25);
    CHECK(number(resp, "sale_evnts") + number(resp, "inventory_evnts") == 25);

    CHECK(service.post("/api/store-events-producer-fn", R"({"count": 7})").status == 200);
    CHECK(events_in(topic) == 32);
    CHECK(service.post("/store-events-producer-fn").status == 200);
    CHECK(events_in(topic) == 42);
    CHECK(service.post("/store-events-producer-fn?count=abc").status == 400);
    const http::Response got = service.get("/store-events-producer-fn?count=3");
    CHECK(got.status == 405);
    CHECK(got.headers.at("Allow") == "POST");
    CHECK_THAT(got.body, ContainsSubstring("only a POST"));
    CHECK(service.post("/store-events-producer-fn?count=3").status == 200);
    CHECK(events_in(topic) == 45);
    const std::string metrics = service.get("/metrics").body, of = "{topic=\"" + topic + "\"} ";
    CHECK_THAT(metrics, ContainsSubstring("tidewheel_records_sent_total" + of + "45\n"));
    CHECK_THAT(metrics, ContainsSubstring("tidewheel_records_delivered_total" + of + "45\n"));
    CHECK_THAT(metrics, ContainsSubstring("tidewheel_records_failed_total" + of + "0\n"));

    std::set<std::string> ids;
    for (int p = 0; p < partitions; ++p)
        for (const Arrived& record : read(topic, p))
            ids.insert(Json::parse(record.value).value().find("id")->string());
    CHECK(ids.size() == 45);
    CHECK(service.end() == 0);
}

TEST_CASE(
    "producer: the service is alive and exposes metrics, and is ready once the topic is there") {
    const std::string topic = testing::unique("producer");
    Service service(topic);
    CHECK(service.get("/healthz").status == 200);
    CHECK_THAT(service.get("/metrics").body, ContainsSubstring("tidewheel_build_info"));
    CHECK(service.get("/readyz").status == 503);
    CHECK(service.post("/store-events-producer-fn").status == 500);

    kafka::Admin(testing::kafka()).create_topic(topic, partitions);
    testing::eventually("the service is ready",
                        [&] { return service.get("/readyz").status == 200; });
    CHECK(service.end() == 0);
}
