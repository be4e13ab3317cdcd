#pragma once
#include "subscribers.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::notifier {

// SERVER webhook. Rows are sent one request after the other; anything but 2xx is a failure.
class WebhookKind : public delivery::Kind {
  public:
    explicit WebhookKind(const Settings& settings) : settings_(settings) {}

    std::string server() const override { return "webhook"; }
    delivery::RowForm form() const override { return delivery::RowForm::json; }
    std::size_t most_rows(const catalogue::StoredSink& sink) const override;
    std::optional<std::chrono::milliseconds> retry_for(
        const catalogue::StoredSink& sink) const override;
    std::chrono::milliseconds tick() const override;
    std::vector<delivery::Subscriber> subscribers(postgres::Transaction& transaction,
                                                  const catalogue::StoredSink& sink) override;
    std::unique_ptr<delivery::Destination> open(const delivery::Place& place) override;

  private:
    const Settings& settings_;
    std::map<int, std::map<std::string, WebhookSubscriber>> known_;  // by sink and name
};

}  // namespace tidewheel::notifier
