#pragma once
#include <vector>

#include "tidewheel/catalogue/deliveries.hpp"
#include "tidewheel/delivery/destination.hpp"

// The rows of a sink, in the order in which they are delivered. Every function throws DatabaseError.
namespace tidewheel::delivery {

// As quick as there are lanes, however many rows wait.
catalogue::LaneEnds lane_ends(postgres::Connection& connection, const catalogue::StoredSink& sink);

struct RowRequest {
    RowForm form = RowForm::json;
    std::vector<std::string> expressions = {};  // Kind::expressions
    std::size_t most = 0;
};
// The rows of a lane: behind `after`, up to `last`.
struct Range {
    catalogue::OutboxLane lane;
    std::int64_t after = 0, last = 0;
};
// At most `most` of them, and of about a megabyte together.
std::vector<OutboxRow> read_rows(postgres::Connection& connection,
                                 const catalogue::StoredSink& sink, const RowRequest& request,
                                 const Range& range);

// Deletes rows that every subscriber is past and that need not be kept, a few thousand at most.
// True: there may be more.
bool trim(postgres::Connection& connection, const catalogue::StoredSink& sink,
          const catalogue::OutboxLane& lane);

struct Waiting {
    std::int64_t rows = 0;
    double oldest_seconds = 0;
};
// What a subscriber has not got yet; `rows` is counted up to 100,000.
Waiting waiting_rows(postgres::Connection& connection, const catalogue::StoredSink& sink,
                     const std::string& subscriber);

}  // namespace tidewheel::delivery
