#pragma once
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ingress_service.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// From topic to topic: readings, of which the doubled ones are written to a second topic.
namespace tidewheel::testing {

inline const std::string readings = R"(
CREATE FOREIGN TABLE readings (
    sensor text NOT NULL,
    value  integer NOT NULL,
    part   integer OPTIONS (partition 'true'),
    pos    bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '3');
)";
inline const std::string doubled = R"(
CREATE FOREIGN TABLE doubled (
    sensor text NOT NULL,
    value  integer NOT NULL CHECK (value < 1000),
    part   integer NOT NULL,
    pos    bigint NOT NULL
) SERVER kafka OPTIONS (topic '{topic}_doubled', partitions '2', key 'sensor');
INSERT INTO doubled SELECT sensor, value * 2, part, pos FROM readings;
)";

inline std::vector<Stored> doubled_in(const Deployment& site) {
    return stored_in(site.kafka(), site.topic() + "_doubled");
}

// Sensors s0 to s4 in turn, so that each has records from every partition that is sent to.
inline void send_readings(const Deployment& site, int partition, int count) {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i)
        records.push_back(R"({"sensor":"s)" + std::to_string(i % 5) + R"(","value":)" +
                          std::to_string(i % 100) + "}");
    site.send(partition, records);
}

// Committed records: each reading of these partitions once, those of one sensor in one partition,
// and in the order in which the sensor's partition had them.
inline void require_each_doubled_once(const Deployment& site, int partitions, std::int64_t each) {
    std::map<std::int64_t, std::set<std::int64_t>> found;
    std::map<std::pair<std::string, std::int64_t>, std::int64_t> last;
    std::map<std::string, int> home;
    std::set<std::string> ids;
    for (const Stored& record : doubled_in(site)) {
        const auto value = codec::Json::parse(record.value).value();
        const std::int64_t part = value.find("part")->integer(), pos = value.find("pos")->integer();
        const std::string sensor = value.find("sensor")->string();
        INFO("partition " << part << ", offset " << pos << ", id "
                          << record.headers.at("tidewheel-id"));
        REQUIRE(record.key == sensor);
        REQUIRE(found[part].insert(pos).second);
        REQUIRE(ids.insert(record.headers.at("tidewheel-id")).second);
        REQUIRE(home.try_emplace(sensor, record.partition).first->second == record.partition);
        const auto [before, is_first] = last.try_emplace({sensor, part}, pos);
        REQUIRE((is_first || before->second < pos));
        before->second = pos;
    }
    REQUIRE(static_cast<int>(found.size()) == partitions);
    for (const auto& [part, offsets] : found)
        REQUIRE(static_cast<std::int64_t>(offsets.size()) == each);
}

inline std::unique_ptr<Process> start_publisher(const Deployment& site,
                                                std::vector<std::string> environment = {}) {
    environment.emplace_back("TIDEWHEEL_RETRY_LONGEST=500ms");
    return site.start("tidewheel-publisher", std::move(environment));
}

inline std::string waiting_in(const Deployment& site, const std::string& stream) {
    return site.value("SELECT count(*) FROM tidewheel.outbox_of_" + stream);
}

}  // namespace tidewheel::testing
