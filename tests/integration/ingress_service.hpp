#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// tidewheel-ingress, ready, until the end of the test.
class Ingress {
  public:
    using Headers = std::map<std::string, std::string>;

    explicit Ingress(const Deployment& deployment, std::vector<std::string> environment = {}) {
        environment.emplace_back("TIDEWHEEL_INGRESS_LISTEN=127.0.0.1:0");
        process_ = deployment.start("tidewheel-ingress", std::move(environment));
        admin_ = admin_url(*process_);
        eventually("the ingress is ready", [&] { return ready().status == 200; });
        const std::string log = process_->errors();
        const auto at = log.find("ingress=http") + 8;
        url_ = log.substr(at, log.find_first_of(" \n", at) - at);
    }

    http::Response post(const std::string& path, const std::string& body,
                        const std::string& type = "application/json",
                        const Headers& headers = {}) const {
        return http::fetch("POST", url_ + path, body, type, std::chrono::seconds(30), headers);
    }
    http::Response get(const std::string& path) const { return http::fetch("GET", url_ + path); }
    http::Response ready() const { return http::fetch("GET", admin_ + "/readyz"); }
    const std::string& url() const { return url_; }
    std::string metrics() const { return http::fetch("GET", admin_ + "/metrics").body; }
    Process& process() { return *process_; }

  private:
    std::unique_ptr<Process> process_;
    std::string admin_, url_;
};

struct Stored {
    std::string value, key;
    std::map<std::string, std::string> headers;
    int partition = 0;
};

// What a topic holds.
inline std::vector<Stored> stored_in(const kafka::ClientSettings& kafka, const std::string& topic) {
    std::vector<Stored> all;
    kafka::Admin admin(kafka);
    const int partitions = admin.partitions(topic).value();
    for (int partition = 0; partition < partitions; ++partition) {
        const auto [begin, end] = admin.watermarks(topic, partition);
        kafka::read_partition(kafka, {topic, partition}, begin, end, std::chrono::seconds(30),
                              [&](const engine::Record& record) {
                                  Stored& one = all.emplace_back();
                                  one.value = std::string(record.value.value_or(""));
                                  one.key = std::string(record.key.value_or(""));
                                  one.partition = partition;
                                  for (const auto& [name, value] : record.headers())
                                      one.headers[std::string(name)] = value.value_or("");
                              });
    }
    return all;
}

}  // namespace tidewheel::testing
