#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ingress_service.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/deployment.hpp"

namespace tidewheel::testing {

// tidewheel-changefeed, ready, until the end of the test.
class Changefeed {
  public:
    explicit Changefeed(const Deployment& deployment, std::vector<std::string> environment = {})
        : process_(deployment.start("tidewheel-changefeed", std::move(environment))),
          admin_(admin_url(*process_)) {}

    const Changefeed& await_ready() const {
        eventually("the changefeed is ready", [&] { return ready().status == 200; });
        return *this;
    }
    http::Response ready() const { return http::fetch("GET", admin_ + "/readyz"); }
    std::string metrics() const { return http::fetch("GET", admin_ + "/metrics").body; }
    Process& process() const { return *process_; }
    bool streams() const { return occurrences(process_->errors(), "streams changes") > 0; }

  private:
    std::unique_ptr<Process> process_;
    std::string admin_;
};

// A record of changes, or a tombstone.
struct Change {
    std::string key;
    codec::Json value;  // null: a tombstone
    int partition = 0;

    std::string op() const { return value.is_null() ? "tombstone" : value.find("op")->string(); }
    const codec::Json& in(const char* row, const char* column) const {
        static const codec::Json none;
        const codec::Json* found = value.find(row);
        const codec::Json* inner = found ? found->find(column) : nullptr;
        return inner ? *inner : none;
    }
};

// What a reader of committed records sees.
inline std::vector<Change> changes_in(const Deployment& site) {
    std::vector<Change> changes;
    for (const Stored& each : stored_in(site.kafka(), site.topic()))
        changes.push_back({each.key,
                           each.value.empty() ? codec::Json() : *codec::Json::parse(each.value),
                           each.partition});
    return changes;
}

inline std::vector<Change> await_changes(const Deployment& site, std::size_t count) {
    std::vector<Change> changes;
    eventually(std::to_string(count) + " records", [&] {
        changes = changes_in(site);
        return changes.size() >= count;
    });
    return changes;
}

}  // namespace tidewheel::testing
