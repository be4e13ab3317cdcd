// What brings records into topics, with every fault once: what it promises is counted.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "chaos/ends.hpp"
#include "integration/changefeed_service.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::chaos;
using namespace tidewheel::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto recovery = 60s;

// A client of the ingress: posts one record after the other, and knows which were accepted.
class Client {
  public:
    explicit Client(std::string url)
        : url_(std::move(url)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    std::size_t accepted() const { return count_; }
    std::set<std::int64_t> finish() {
        thread_.request_stop();
        thread_.join();
        return accepted_;
    }

  private:
    void run(const std::stop_token& stop) {
        for (std::int64_t n = 0; !stop.stop_requested(); ++n) {
            try {
                const auto answer = http::fetch("POST", url_, "{\"n\":" + std::to_string(n) + "}",
                                                "application/json", std::chrono::seconds(10), {});
                if (answer.status == 202) accepted_.insert(n);
            } catch (const Error&) {
                wait_for(stop, 50ms);  // it is away
            }
            count_ = accepted_.size();
        }
    }

    const std::string url_;
    std::set<std::int64_t> accepted_;
    std::atomic<std::size_t> count_ = 0;
    std::jthread thread_;
};

// Changes of a table: every row counts up, one transaction after the other.
class Counters {
  public:
    explicit Counters(const Deployment& site)
        : thread_([this, &site](const std::stop_token& stop) {
              while (wait_for(stop, 20ms)) {
                  site.query("UPDATE counters SET n = n + 1");
                  ++rounds_;
              }
          }) {}
    int rounds() const { return rounds_; }
    int finish() {
        thread_.request_stop();
        thread_.join();
        return rounds_;
    }

  private:
    std::atomic<int> rounds_ = 0;
    std::jthread thread_;
};

// A REST service whose body is another one once its client says that it knows the present one.
class Versions {
  public:
    static constexpr int elements = 5;

    Versions() : server_([this](http::Conversation& client) { serve(client); }) {}
    std::string url() const { return "http://" + server_.address() + "/versions"; }
    int version() const { return version_; }

  private:
    void serve(http::Conversation& client) {
        const auto request = client.request();
        if (!request) return;
        const std::lock_guard lock(mutex_);
        const auto known = request->headers.find("if-none-match");
        if (known != request->headers.end() && known->second == etag()) ++version_;
        std::string body = "[";
        for (int i = 0; i < elements; ++i)
            body +=
                (i == 0 ? "\"" : ",\"") + std::to_string(version_) + "/" + std::to_string(i) + "\"";
        http::Response answer{
            .status = 200, .content_type = "application/json", .body = body + "]"};
        answer.headers["etag"] = etag();
        client.answer(std::move(answer));
    }
    std::string etag() const { return "\"" + std::to_string(version_) + "\""; }

    std::mutex mutex_;
    std::atomic<int> version_ = 0;
    http::ScriptedServer server_;
};

std::vector<Stored> in_topic(const Deployment& site, const std::string& suffix) {
    return stored_in(site.kafka(), site.topic() + suffix);
}

void require_accepted(const Deployment& site, const std::set<std::int64_t>& accepted) {
    std::set<std::int64_t> stored;
    for (const Stored& each : in_topic(site, ""))
        stored.insert(codec::Json::parse(each.value)->find("n")->integer());
    std::size_t lost = 0;
    for (const std::int64_t n : accepted)
        lost += stored.contains(n) ? 0 : 1;
    CHECK(lost == 0);
}

// Every change of every row once, in order.
void require_changes(const Deployment& site, int rounds, int rows) {
    std::map<std::string, std::vector<std::int64_t>> counts;
    for (const Stored& each : in_topic(site, "-changes"))
        counts[each.key].push_back(
            codec::Json::parse(each.value)->find("after")->find("n")->integer());
    REQUIRE(static_cast<int>(counts.size()) == rows);
    for (const auto& [key, found] : counts) {
        INFO(key);
        std::vector<std::int64_t> all(static_cast<std::size_t>(rounds) + 1);
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = static_cast<std::int64_t>(i);
        CHECK(found == all);
    }
}

// All of every body that the source knew when it was asked for the next one.
void require_versions(const Deployment& site, int versions) {
    std::set<std::string> found;
    for (const Stored& each : in_topic(site, "-versions"))
        found.insert(each.value);
    std::size_t missing = 0;
    for (int version = 0; version < versions; ++version)
        for (int i = 0; i < Versions::elements; ++i)
            missing +=
                found.contains("\"" + std::to_string(version) + "/" + std::to_string(i) + "\"") ? 0
                                                                                                : 1;
    CHECK(missing == 0);
}

}  // namespace

TEST_CASE("What is accepted, changed or polled is in its topic, whatever happens to the services",
          "[outage]") {
    Versions versions;
    const std::string listen = "127.0.0.1:" + std::to_string(free_port());
    Ends ends(R"(
CREATE TABLE counters (id int PRIMARY KEY, n int NOT NULL);
CREATE FOREIGN TABLE accepted (n bigint NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2', ingress '/n');
CREATE FOREIGN TABLE changes (op text) SERVER kafka OPTIONS (topic '{topic}-changes', changes_of 'public.counters');
CREATE FOREIGN TABLE versions (v text) SERVER kafka OPTIONS (topic '{topic}-versions', partitions '1',
    source ')" + versions.url() +
                  "', source_interval '1 s');",
              {"ingress-1", "changefeed-1", "source-1"},
              {"TIDEWHEEL_INGRESS_LISTEN=" + listen, "TIDEWHEEL_INGRESS_DELIVERY_TIME=2s"});
    const Deployment& site = ends.deployment();
    constexpr int rows = 3;
    site.query("INSERT INTO counters SELECT n, 0 FROM generate_series(1, 3) n");
    eventually(
        "the snapshot is there", [&] { return in_topic(site, "-changes").size() == rows; },
        recovery);
    Client client("http://" + listen + "/n");
    Counters counters(site);
    const auto flows = [&](const std::string& before) {
        eventually(
            "records flow before " + before,
            [&, accepted = client.accepted(), version = versions.version()] {
                return client.accepted() > accepted + 10 && versions.version() > version;
            },
            recovery);
    };
    ends.harm(flows);
    flows("the end");
    const auto accepted = client.finish();
    const int rounds = counters.finish();
    eventually(
        "the last change is there",
        [&] {
            return in_topic(site, "-changes").size() >=
                   static_cast<std::size_t>(rows * (rounds + 1));
        },
        recovery);
    ends.finish();
    require_accepted(site, accepted);
    require_changes(site, rounds, rows);
    require_versions(site, versions.version());
}
