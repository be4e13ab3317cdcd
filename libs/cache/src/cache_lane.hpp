#pragma once
#include <memory>

#include "cache_options.hpp"
#include "mark.hpp"
#include "redis.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::cache {

// The rows of one lane, as keys. With them Redis stores the lane's mark: what PostgreSQL believes
// to be there is compared with it before anything is written, and each second when nothing is.
class CacheLane : public delivery::Destination {
  public:
    CacheLane(const Settings& settings, CacheOptions options, const delivery::Place& place);

    delivery::Delivered deliver(std::span<const delivery::OutboxRow> rows,
                                std::stop_token stop) override;

  private:
    using Rows = std::span<const delivery::OutboxRow>;
    enum class Found { here, ahead, elsewhere };

    delivery::Delivered rewind();
    void connect();
    Found find();
    void begin(const std::string& there);
    bool skip(Rows& rows, delivery::Delivered& done);
    void write(Rows rows, delivery::Delivered& done);
    Rows next_piece(Rows rows) const;
    Mark append(Rows rows, const Mark& from);
    void append_begin(const std::string& there, const Mark& mark, std::int64_t until);
    void sweep_later(std::int64_t at);
    void sweep(const std::stop_token& stop);

    const Settings& settings_;
    const CacheOptions options_;
    const std::string marks_key_, keys_key_, lane_;
    Mark mark_;               // here the lane is
    std::int64_t until_ = 0;  // after a rewind: so far it had come
    bool must_rewind_ = false;
    std::unique_ptr<Redis> redis_;
    std::string begin_, write_, sweep_;  // the scripts' digests
    bool found_ = false;                 // the mark in Redis is ours
    std::optional<Mark> ahead_;          // or rather this one, if the rows say so
    std::optional<std::int64_t> sweep_at_;
    std::string sweep_cursor_ = "0";
};

}  // namespace tidewheel::cache
