#pragma once
#include <string>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/operate/rebuild_lane.hpp"
#include "tidewheel/postgres/connection.hpp"

// Which records a rebuild reads: from the topic's beginning up to where the view is.
namespace tidewheel::operate {

// Where a statement is in the partitions that it has begun.
Offsets progress_of(postgres::Transaction& transaction, int statement);

// Where the new state has to come: where the view is; and in partitions that the view doesn't read
// as it is, to their present end. `next`: the view as it will be.
Offsets goals_of(postgres::Connection& connection, kafka::Admin& admin,
                 const catalogue::StoredStream& stream, const catalogue::StoredStatement& view,
                 const catalogue::StoredStatement& next);

// Where each partition that has a goal begins, which is where the topic does. Throws Error
// (refused): the topic doesn't hold the goal; or it has lost records, unless that is allowed.
Offsets beginnings_of(kafka::Admin& admin, const catalogue::StoredStream& stream,
                      const Offsets& goals, const std::string& view, bool allow_truncated_topic);

// Beyond its goals, a shadow has read what the view hasn't: a former topic, say.
bool is_between(const Offsets& beginnings, const Offsets& progress, const Offsets& goals);

}  // namespace tidewheel::operate
