#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "file_options.hpp"
#include "sink_metrics.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::capture {

// What keeps a sink's files from being written, from the threads that write to the one that reports
// it. An old failure is none: its lane may be another service's by now.
class Troubles {
  public:
    explicit Troubles(std::chrono::milliseconds age) : age_(age) {}
    void set(int sink, catalogue::OutboxLane lane, const std::string& failure);
    std::string find(int sink) const;  // empty: none

  private:
    struct Trouble {
        std::string failure;
        Clock::Monotonic since;
    };
    const std::chrono::milliseconds age_;
    mutable std::mutex mutex_;
    std::map<std::pair<int, catalogue::OutboxLane>, Trouble> all_;
};

class FileKind : public delivery::Kind {
  public:
    FileKind(const Settings& settings, telemetry::Metrics& metrics);

    std::string server() const override { return "files"; }
    delivery::RowForm form() const override { return delivery::RowForm::values; }
    std::size_t most_rows(const catalogue::StoredSink&) const override { return 5000; }
    std::chrono::milliseconds tick() const override;
    std::vector<delivery::Subscriber> subscribers(postgres::Transaction& transaction,
                                                  const catalogue::StoredSink& sink) override;
    std::unique_ptr<delivery::Destination> open(const delivery::Place& place) override;

  private:
    const std::string directory_;
    std::map<int, FileOptions> known_;  // by sink
    std::shared_ptr<Troubles> troubles_;
    telemetry::Metrics& metrics_;
    std::map<std::string, std::shared_ptr<SinkMetrics>> metrics_of_;  // by the sink's label
};

}  // namespace tidewheel::capture
