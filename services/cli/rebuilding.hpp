#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/rebuild.hpp"
#include "cli/rebuild_lane.hpp"
#include "cli/shadow.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::cli {

// One rebuild, from the lock to the swap.
class Rebuilding {
  public:
    // `changed`: the definition that the view is to have with the swap; none: the one that it has.
    Rebuilding(Context& context, const RebuildOptions& options, std::stop_token stop,
               std::optional<ViewDefinition> changed = {});

    // Throws Error: unavailable when it was stopped, or can't be done now; the next one goes on.
    void run();
    std::int64_t records() const { return records_; }  // that the new state is made of
    // State tables that could not be dropped, and why, for people. The next rebuild tries again.
    const std::vector<std::string>& left_over() const { return left_over_; }

  private:
    using Offsets = std::map<int, std::int64_t>;  // by partition

    void lock();
    void load();
    bool reads(int partition) const;
    Offsets goals();
    Offsets beginnings(const Offsets& goals);
    std::optional<Shadow> take_up(const Offsets& goals);
    std::optional<Shadow> try_take_up(const Offsets& goals, const Offsets& beginnings);
    postgres::StreamPlan plan();
    void open_lanes(const Offsets& goals);
    void extend(const Offsets& goals);
    void catch_up();
    void swap_in_time();
    bool try_swap();
    Error changed_meanwhile() const;
    void require_unchanged(postgres::Transaction& transaction);
    void drop_old_state();
    bool retire_old_state();
    bool drop_left_over();
    bool drop_left_over(const std::string& table);
    Error locked(const postgres::DatabaseError& error);
    bool has_arrived();
    void tell_trouble(const RebuildLane& lane);
    std::int64_t done() const;

    Context& context_;
    std::string told_;  // the last trouble
    RebuildOptions options_;
    std::stop_token stop_;
    kafka::Admin admin_;
    std::unique_ptr<postgres::Connection> control_;  // holds the lock, and makes the swap
    std::unique_ptr<postgres::Connection> side_;     // what has to last, whatever the swap does
    std::int64_t version_ = 0;                       // of the catalogue that was read
    std::string basis_;                              // what the new state is computed from
    std::optional<postgres::StoredStream> stream_;
    postgres::StoredStatement view_;  // as it is
    std::optional<ViewDefinition> changed_;
    ViewDefinition next_;  // as it will be
    Shadow shadow_;
    std::optional<postgres::StreamPlan> plan_;
    std::map<int, std::unique_ptr<RebuildLane>> lanes_;  // by partition
    std::int64_t records_ = 0;
    std::vector<std::string> left_over_;
};

}  // namespace tidewheel::cli
