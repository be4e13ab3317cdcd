// Rows in files: each once, whatever is killed, and as a public reader has them.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "applied.hpp"
#include "captured.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/disk.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::Captured;
using testing::eventually;

namespace {

const std::string raw = R"(
CREATE FOREIGN TABLE raw (
    value   bytea OPTIONS (value 'true'),
    key     bytea OPTIONS (key 'true'),
    headers jsonb OPTIONS (headers 'true') NOT NULL,
    part    integer OPTIONS (partition 'true') NOT NULL,
    pos     bigint OPTIONS (offset 'true') NOT NULL,
    at      timestamptz OPTIONS (timestamp 'true') NOT NULL
) SERVER kafka OPTIONS (topic '{topic}', partitions '3', format 'bytes');
)";
const std::string statement =
    "INSERT INTO events SELECT part, pos, at, key, value, headers FROM raw;\n";

std::string sink(const std::string& more) {
    return "CREATE FOREIGN TABLE events (part integer NOT NULL, pos bigint NOT NULL, at "
           "timestamptz NOT NULL, key bytea, value bytea, headers jsonb) SERVER files OPTIONS "
           "(path 'all-events/{topic}/{partition}/{yyyy}/{MM}/{dd}/{first}', time 'at'" +
           more + ");\n";
}

void send(const testing::Deployment& site, int partition, int count) {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i)
        records.push_back(R"({"n":)" + std::to_string(i) + R"(,"filler":")" +
                          std::string(100, 'x') + "\"}");
    site.send(partition, records);
}

// Every row of these partitions once, in the files of its partition, in order.
void require_each_once(const Captured& files, int partitions, int each) {
    std::map<std::int64_t, std::vector<std::int64_t>> found;
    for (const codec::Json& row : files.rows())
        found[row.find("part")->integer()].push_back(row.find("pos")->integer());
    REQUIRE(static_cast<int>(found.size()) == partitions);
    for (const auto& [partition, offsets] : found) {
        INFO("partition " << partition);
        REQUIRE(static_cast<int>(offsets.size()) == each);
        for (int i = 0; i < each; ++i)
            REQUIRE(offsets[static_cast<std::size_t>(i)] == i);
    }
}

// Of a metric without other labels than the sink's, over all sinks.
double metric(const std::string& url, const std::string& name) {
    double sum = 0;
    for (const std::string& line : testing::lines_of(http::fetch("GET", url + "/metrics").body))
        if (line.starts_with(name + "{")) sum += std::stod(line.substr(line.rfind(' ')));
    return sum;
}

std::string waiting(const testing::Deployment& site) {
    return site.value("SELECT count(*) FROM events");
}

}  // namespace

TEST_CASE("Every record, good or bad, is in an Avro file that a public reader reads") {
    const testing::Deployment site;
    const Captured files;
    testing::require_applied(site, raw + sink(", roll_after '1 s'") + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto capture = files.start(site);
    site.send(1, {R"({"id":1})", "not JSON", "@tombstone", "@hex fe80", "@key k|v"});
    eventually("the file is written", [&] { return files.names().size() == 1; });
    const std::string name = files.names().front();
    CHECK_THAT(name, Catch::Matchers::StartsWith("all-events/" + site.topic() + "/1/2026/01/01/"));
    CHECK_THAT(name, Catch::Matchers::EndsWith(".avro"));
    const auto read = testing::read_avro(files.path() + "/" + name);
    REQUIRE(read.size() == 5);
    CHECK(read[0].find("value")->string() == R"({"id":1})");
    CHECK(read[1].find("value")->string() == "not JSON");
    CHECK(read[2].find("value")->is_null());
    CHECK(read[3].find("value")->string() == "\xc3\xbe\xc2\x80");  // latin1
    CHECK(read[4].find("key")->string() == "k");
    CHECK(read[4].find("pos")->integer() == 4);
    CHECK_THAT(read[0].find("headers")->string(), ContainsSubstring("origin"));
    CHECK_THAT(read[0].find("at")->string(), Catch::Matchers::StartsWith("2026-01-01T00:00:00"));
    eventually("the outbox is empty", [&] { return waiting(site) == "0"; });
    CHECK(files.names().size() == 1);  // and none without rows
}

TEST_CASE("A file ends when it is full, and no later than its time") {
    const testing::Deployment site;
    const Captured files;
    testing::require_applied(site, raw +
                                       sink(", format 'ndjson', roll_bytes '10 kB', roll_after "
                                            "'1 s'") +
                                       statement);
    const auto worker = site.start("tidewheel-worker");
    const auto capture = files.start(site);
    for (int partition = 0; partition < 3; ++partition)
        send(site, partition, 100);
    site.arrive();
    eventually("the outbox is empty", [&] { return waiting(site) == "0"; });
    require_each_once(files, 3, 100);
    CHECK(files.names().size() >= 12);
    for (const std::string& name : files.names()) {
        INFO(name);
        const auto size = std::filesystem::file_size(files.path() + "/" + name);
        CHECK(size > 0);
        CHECK(size <= 10 * 1024);
    }
}

TEST_CASE("A kill at any step leaves the same files: each row once, none in two") {
    for (const char* format : {"avro", "ndjson"}) {
        const testing::Deployment site;
        const Captured files, undisturbed;
        testing::require_applied(site, raw +
                                           sink(std::string(", format '") + format +
                                                "', roll_bytes '5 kB', roll_after '1 hour'") +
                                           statement);
        send(site, 0, 200);
        const auto worker = site.start("tidewheel-worker");
        eventually("the rows wait", [&] { return waiting(site) == "200"; });
        for (const char* step :
             {"file_begun", "before_sync", "before_link", "after_link", "after_publish"}) {
            INFO(step);
            const auto killed =
                files.start(site, {"TIDEWHEEL_FAILPOINTS=" + std::string(step) + "=kill@2"});
            CHECK(killed->wait() == 128 + SIGKILL);
        }
        // What is left is less than a file, and its time is not over.
        const auto capture = files.start(site);
        std::size_t most = 0;
        eventually("the full files are written", [&] {
            const std::size_t now = std::stoul(waiting(site));
            most = std::max(most, files.names().size());
            return now < 20;
        });
        CHECK(files.parts() == 1);  // the one under way
        const std::size_t rows = files.rows().size();
        CHECK(rows == 200 - std::stoul(waiting(site)));
        std::set<std::int64_t> offsets;
        for (const codec::Json& row : files.rows())
            offsets.insert(row.find("pos")->integer());
        CHECK(offsets.size() == rows);
        CHECK(*offsets.rbegin() == static_cast<std::int64_t>(rows) - 1);
    }
}

TEST_CASE("A full disk is an outage: nothing is lost, and files go on when there is room") {
    if (!testing::Disk::may_be_had()) return;  // only root can mount one
    const testing::Disk disk("4m");
    const testing::Deployment site;
    const Captured files(disk.path());
    testing::require_applied(
        site, raw + sink(", format 'ndjson', roll_bytes '20 kB', roll_after '1 s'") + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto capture = files.start(site);
    const std::string url = testing::admin_url(*capture);
    send(site, 0, 50);
    eventually("the first rows are in files",
               [&] { return !files.names().empty() && waiting(site) == "0"; });
    CHECK(metric(url, "tidewheel_capture_roll_seconds") == 1);
    const auto written = static_cast<double>(files.names().size());

    disk.leave_no_room();
    for (int partition = 0; partition < 3; ++partition)
        send(site, partition, partition == 0 ? 250 : 300);
    site.arrive();
    eventually("the service says why", [&] {
        const http::Response ready = http::fetch("GET", url + "/readyz");
        return ready.status == 503 && ready.body.find("No space left") != std::string::npos;
    });
    CHECK(metric(url, "tidewheel_capture_files_total") == written);
    CHECK(waiting(site) == "850");
    CHECK(site.value("SELECT count(*) FROM tidewheel.undelivered") == "0");
    CHECK(capture->running());

    disk.resize("4m");
    eventually("the outbox is empty", [&] { return waiting(site) == "0"; });
    require_each_once(files, 3, 300);
    eventually("it is ready again",
               [&] { return http::fetch("GET", url + "/readyz").status == 200; });
    CHECK(files.parts() == 0);
    double bytes = 0;
    for (const std::string& name : files.names())
        bytes += static_cast<double>(std::filesystem::file_size(files.path() + "/" + name));
    CHECK(metric(url, "tidewheel_capture_files_total") ==
          static_cast<double>(files.names().size()));
    CHECK(metric(url, "tidewheel_capture_bytes_total") == bytes);
    CHECK(metric(url, "tidewheel_capture_open_files") == 0);
}
