#pragma once
#include "tidewheel/core/settings.hpp"
#include "tidewheel/delivery/destination.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::publisher {

// Streams that statements write to.
class TopicKind : public delivery::Kind {
  public:
    // Throws Error (setting) for options of Kafka that we don't take.
    explicit TopicKind(const Settings& settings);

    std::string server() const override { return "kafka"; }
    delivery::RowForm form() const override { return delivery::RowForm::json; }
    std::vector<std::string> expressions(const catalogue::StoredSink& sink) const override;
    std::size_t most_rows(const catalogue::StoredSink&) const override { return 5000; }
    std::unique_ptr<delivery::Destination> open(const delivery::Place& place) override;

  private:
    const std::string group_;
    const kafka::ClientSettings kafka_;
};

}  // namespace tidewheel::publisher
