#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "chaos/supervisor.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/proxy.hpp"
#include "tidewheel/testing/servers.hpp"

namespace tidewheel::chaos {

// What the services at the two ends of a pipeline run on, and what does harm to them: a Kafka and a
// PostgreSQL, each behind a proxy, and the services under a supervisor. A run of few, short faults,
// always the same, beside the large one (mix.hpp).
class Ends {
  public:
    // Applies the pipeline. services: "ingress-1", …; environment: for all of them.
    Ends(const std::string& pipeline, const std::vector<std::string>& services,
         const std::vector<std::string>& environment);

    const testing::Deployment& deployment() const { return *deployment_; }
    Supervisor& supervisor() { return *supervisor_; }
    // Each service is killed and frozen, each server is slow, silent and cut off. before_each:
    // called before each fault, with its name.
    void harm(const std::function<void(const std::string&)>& before_each);
    // Stops all services; throws where one did not end in time, or ended by a defect before.
    void finish();

  private:
    void harm_services(const std::function<void(const std::string&)>& before_each);
    void harm_connections(const std::string& server, testing::Proxy& proxy,
                          const std::function<void(const std::string&)>& before_each);

    const std::vector<std::string> services_;
    testing::Proxy kafka_proxy_;
    testing::PrivateKafka kafka_;
    testing::PrivatePostgres postgres_;
    std::unique_ptr<testing::Proxy> postgres_proxy_;
    std::unique_ptr<testing::Deployment> deployment_;
    std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace tidewheel::chaos
