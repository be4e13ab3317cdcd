#pragma once
#include <map>

#include "cache_options.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::cache {

// SERVER redis. No row is ever set aside: what Redis refuses once it may take later.
class CacheKind : public delivery::Kind {
  public:
    explicit CacheKind(const Settings& settings) : settings_(settings) {}

    std::string server() const override { return "redis"; }
    delivery::RowForm form() const override { return delivery::RowForm::values; }
    std::vector<std::string> expressions(const catalogue::StoredSink& sink) const override;
    std::size_t most_rows(const catalogue::StoredSink&) const override { return 5000; }
    // So soon it is noticed that Redis was wiped.
    std::chrono::milliseconds tick() const override { return std::chrono::seconds(1); }
    bool ticks_idle_lanes() const override { return true; }
    std::optional<catalogue::Compaction> compaction(
        const catalogue::StoredSink& sink) const override;
    std::vector<delivery::Subscriber> subscribers(postgres::Transaction& transaction,
                                                  const catalogue::StoredSink& sink) override;
    std::unique_ptr<delivery::Destination> open(const delivery::Place& place) override;

  private:
    const Settings& settings_;
    std::map<int, CacheOptions> known_;  // by sink
};

}  // namespace tidewheel::cache
