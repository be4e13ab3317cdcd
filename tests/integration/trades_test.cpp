// The system of pipelines/systems/trades.sql, with an exchange that is simulated, and everything
// killed meanwhile.
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>

#include "applied.hpp"
#include "captured.hpp"
#include "source_service.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/surroundings.hpp"
#include "webhooks.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;
using Arguments = std::vector<std::string>;

namespace {

const std::string folder = TIDEWHEEL_SOURCE_DIR "/";

std::string with(std::string text, const std::string& part, const std::string& other) {
    for (auto at = text.find(part); at != std::string::npos;
         at = text.find(part, at + other.size()))
        text.replace(at, part.size(), other);
    return text;
}

// tidewheel-simulator exchange.
class SimulatedExchange {
  public:
    explicit SimulatedExchange(Arguments arguments) : process_(start(std::move(arguments))) {
        eventually("the exchange listens", [&] { return !address().empty(); });
    }
    std::string address() const {
        const std::string log = process_->errors();
        const auto at = log.find("url=http://");
        const auto end = log.find('\n');
        return at == std::string::npos || end == std::string::npos
                   ? ""
                   : log.substr(at + 11, end - at - 11);
    }
    std::string get(const std::string& path) const {
        return http::fetch("GET", "http://" + address() + path).body;
    }
    std::int64_t said() const {
        return codec::Json::parse(get("/said"))->find("messages")->integer();
    }

  private:
    static std::unique_ptr<Process> start(Arguments arguments) {
        arguments.insert(arguments.begin(), {program("tidewheel-simulator"), "exchange"});
        return std::make_unique<Process>(std::move(arguments));
    }
    std::unique_ptr<Process> process_;
};

// The pipeline, with topics of the test's own, at the address of an exchange.
class Desk {
  public:
    explicit Desk(const std::string& exchange = "127.0.0.1:9") {
        std::string sql = pipeline("trades.sql");
        sql = with(std::move(sql), "127.0.0.1:8099", exchange);
        require_applied(site,
                        with(std::move(sql), "source_interval '5 s'", "source_interval '1 s'"));
        site.query("INSERT INTO alert_subscribers VALUES ('mail', $1, NULL, 'beginning')",
                   {hook.url()});
    }
    std::string pipeline(const std::string& file) const {
        std::stringstream text;
        text << std::ifstream(folder + "pipelines/systems/" + file).rdbuf();
        return with(text.str(), "topic '", "topic '" + site.topic() + "-");
    }
    void start(const std::string& service) {
        services_[service] = site.start("tidewheel-" + service, {"TIDEWHEEL_RETRY_LONGEST=500ms",
                                                                 "TIDEWHEEL_NOTIFIER_PRIVATE=yes"});
    }
    void kill(const std::string& service) {
        services_.at(service)->signal(SIGKILL);
        CHECK(services_.at(service)->wait() == 128 + SIGKILL);
        start(service);
    }
    std::size_t messages() const {
        return stored_in(site.kafka(), site.topic() + "-trades").size();
    }

    Deployment site;
    Hook hook;

  private:
    std::map<std::string, std::unique_ptr<Process>> services_;
};

// What deploy/stack/check_trades.sql says of what the exchange has said.
std::string compared(const Deployment& site, Arguments arguments, const std::string& assets) {
    arguments.insert(arguments.begin(), {program("tidewheel-simulator"), "exchange", "--print"});
    const TemporaryFile sent(run(std::move(arguments)).output), listed(assets + "\n");
    const std::string form = R"( WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'))";
    const Finished check =
        run({"psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", site.url(), "-c",
             "CREATE TEMP TABLE sent (n integer GENERATED ALWAYS AS IDENTITY, line text)", "-c",
             "CREATE TEMP TABLE listed (body text)", "-c",
             "\\copy sent (line) FROM '" + sent.path() + "'" + form, "-c",
             "\\copy listed FROM '" + listed.path() + "'" + form, "-f",
             folder + "deploy/stack/check_trades.sql"});
    INFO(check.errors);
    CHECK(check.status == 0);
    return check.output;
}

std::string run_id(int number) {
    return "00000000-0000-4000-8000-00000000000" + std::to_string(number);
}

std::string trigger(int number, const std::string& subject = "ADF_Trigger_Trades",
                    const std::string& type = "ADF_Event") {
    return R"({"id":")" + run_id(number) + R"(","subject":")" + subject + R"(","eventType":")" +
           type + R"(","dataVersion":"1.0","data":{"trigger_payload":"trigger_enrichment_at:)" +
           "2026-02-01T23:5" + std::to_string(number) + R"(:00.5+01:00"}})";
}

}  // namespace

TEST_CASE("Trades end exact through kill -9 and disconnections, and late assets lose none") {
    const Arguments trades{"--count",     "900",   "--rate",  "150",          "--seed",
                           "5",           "--bad", "4",       "--repeated",   "10",
                           "--list-late", "900",   "--start", "1770000000000"};
    Arguments options = trades;
    options.insert(options.end(), {"--silent-every", "400", "--silence", "8", "--disconnect-every",
                                   "250", "--listen", "127.0.0.1:0"});
    const SimulatedExchange exchange(options);
    Desk desk(exchange.address());
    const Deployment& site = desk.site;
    desk.start("worker");
    desk.start("source");
    eventually("trades arrive",
               [&] { return std::stoi(site.value("SELECT count(*) FROM trades")) > 100; });
    desk.kill("worker");
    // In its silence, when nothing is under way: what is would be lost, and be logged as a gap.
    eventually("the exchange is silent", [&] { return exchange.said() == 400; });
    eventually("all is in the topic", [&] { return desk.messages() == 400; });
    desk.kill("source");
    eventually("it continues", [&] { return exchange.said() > 500; });
    CHECK(site.value("SELECT count(*) > 0 FROM waiting_trades WHERE base = 'chainlink'") == "t");
    CHECK(site.value("SELECT count(*) FROM enriched_trades WHERE id = 'chainlink'") == "0");
    desk.kill("worker");
    eventually("it has said all", [&] { return exchange.said() == 900; });
    eventually("all is in the topic", [&] { return desk.messages() == 900; });
    eventually("the late assets are listed",
               [&] { return site.value("SELECT count(*) FROM assets") == "8"; });
    site.arrive();
    const std::string found = compared(site, trades, exchange.get("/v2/assets"));
    INFO(found);
    CHECK(lines_of(found).size() == 4);
    for (const std::string& line : lines_of(found))
        CHECK_THAT(line, Catch::Matchers::EndsWith(" rows, equal"));
    CHECK(site.value("SELECT count(*) > 0 FROM enriched_trades WHERE id = 'chainlink'") == "t");
    CHECK(site.value("SELECT count(*) FROM waiting_trades WHERE base = 'unheard-of'") == "1");
    CHECK(site.value(
              "SELECT min(\"timestamp\") >= '2026-02-02 02:40:00+00' FROM enriched_trades") == "t");
    CHECK(site.value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE "
                     "attrelid = 'enriched_trades'::regclass") ==
          "id name symbol exchange quote direction price volume timestamp explorer marketCapUsd "
          "maxSupply rank changePercent24Hr volumeUsd24Hr vwap24Hr");
    check_verified(site);
}

TEST_CASE("Every message of the exchange is in a file once, bad ones included") {
    const Arguments trades{"--count", "300", "--rate", "1000", "--seed", "6", "--bad", "20"};
    Arguments options = trades;
    options.insert(options.end(), {"--listen", "127.0.0.1:0"});
    const SimulatedExchange exchange(options);
    Desk desk(exchange.address());
    require_applied(desk.site, with(desk.pipeline("trades_capture.sql"), "15 min", "1 s"));
    for (const char* service : {"worker", "source"})
        desk.start(service);
    const Captured files;
    auto capture = files.start(desk.site);
    eventually("a file is begun", [&] { return files.parts() + files.names().size() > 0; });
    capture->signal(SIGKILL);
    capture->wait();
    capture = files.start(desk.site);
    eventually("all are in files", [&] { return files.rows().size() >= 300; });
    std::vector<std::string> found;
    for (const codec::Json& row : files.rows())
        found.push_back(row.find("value")->string());
    Arguments print = trades;
    print.insert(print.begin(), {program("tidewheel-simulator"), "exchange", "--print"});
    std::vector<std::string> said = lines_of(run(std::move(print)).output);
    std::ranges::sort(found);
    std::ranges::sort(said);
    CHECK(found == said);
    CHECK(files.names().front().starts_with("trades-capture/"));
}

TEST_CASE("A run ends the one before it, counts once, and alerts, whatever is killed") {
    Desk desk;
    const Deployment& site = desk.site;
    const std::string topic = site.topic() + "-enrichment-triggers";
    const auto metrics = [&](int number) {
        const auto rows = site.query(
            "SELECT message FROM enrichment_pipeline_metrics WHERE run_id = $1", {run_id(number)});
        return rows.size() == 0 ? std::string() : std::string(rows.at(0).text(0));
    };
    const auto send = [&](const Arguments& events) {
        kafka::Producer producer(site.kafka());
        for (const std::string& event : events)
            producer.send(topic, {0, std::nullopt, event, {}, new_year_2026});
        REQUIRE(producer.flush(std::chrono::seconds(30)));
    };
    for (const char* service : {"worker", "changefeed", "notifier"})
        desk.start(service);
    // What starts nothing, and an event that comes twice.
    send({trigger(9, "ADF_Trigger_Orders"), trigger(9, "Trades"),
          trigger(9, "ADF_Trigger_Trades", "Other"), trigger(1), trigger(1)});
    eventually("the first run begins", [&] {
        return site.value("SELECT string_agg(id::text, ' ') FROM enrichment_runs") == run_id(1);
    });
    CHECK(site.value("SELECT count(*) FROM enrichment_pipeline_metrics") == "0");
    site.query("UPDATE enrichment_settings SET ingestion_table = 'trades'");
    site.query(
        "INSERT INTO trades SELECT sha256(n::text::bytea), 'x', 'b', 'q', 'buy', 1, 1, now(), 1 "
        "FROM generate_series(1, 1500) n");
    send({trigger(2)});
    eventually("the first run ends, and is silent",
               [&] { return metrics(1) == "Metrics loaded successfully, rows added -> 1500."; });
    site.query(
        "INSERT INTO trades SELECT sha256(n::text::bytea), 'x', 'b', 'q', 'buy', 1, 1, now(), 1 "
        "FROM generate_series(1501, 2500) n");
    send({trigger(3)});
    eventually("1000 are enough",
               [&] { return metrics(2) == "Metrics updated successfully, rows loaded -> 1000."; });
    // Two at once, each ending the one before it; with everything dead at the time.
    for (const char* service : {"worker", "changefeed", "notifier"})
        desk.kill(service);
    send({trigger(4), trigger(5)});
    for (const int number : {3, 4})
        eventually("a run without rows is suspicious",
                   [&] { return metrics(number) == "Suspicious rows count = 0, alert was sent."; });
    desk.kill("notifier");
    desk.kill("changefeed");
    eventually("both alerts arrive", [&] { return desk.hook.ids().size() == 2; });
    const auto alert = *codec::Json::parse(desk.hook.accepted().front().body)->find("data");
    CHECK(alert.find("id")->string() == run_id(3));
    CHECK(alert.find("current_ingestion_table_state")->integer() == 2500);
    CHECK(alert.find("body")->string() ==
          "Suspicious volume of ingested data: rows count delta = 0.\nDate: 2026-02-01\nTime: "
          "22:53:00.5\nCurrent ingested rows count: 2500");
    CHECK(
        site.value("SELECT string_agg(rows_count_delta || ' ' || all_ingested_rows, ', ' ORDER BY "
                   "ingestion_time) FROM enrichment_pipeline_metrics") ==
        "0 1500, 1000 2500, 0 2500, 0 2500");
    CHECK(site.value("SELECT end_enrichment_run('" + run_id(3) + "')") ==
          "Suspicious rows count = 0, alert was sent.");
    // A name that is not allowed gets into no query: the event is parked, and no run ends.
    site.query("UPDATE enrichment_settings SET ingestion_table = 'pg_class'");
    send({trigger(6)});
    eventually("it is parked", [&] {
        return site.value(
                   "SELECT count(*) FROM tidewheel.dead_letters WHERE detail LIKE "
                   "'%not among those that may be counted%'") == "1";
    });
    CHECK(site.value("SELECT count(*) FROM enrichment_runs") == "5");
    CHECK(desk.hook.ids().size() == 2);
}
