#include "tidewheel/monitor/deliveries.hpp"

#include "tidewheel/catalogue/deliveries.hpp"
#include "tidewheel/sql/relation_name.hpp"

namespace tidewheel::monitor {
namespace {

using postgres::Row;

// How much waits for each subscriber: by lane, the rows behind its position.
std::string waiting_query(const sql::RelationName& outbox) {
    return "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - "
           "min(w.tidewheel_stored_at)), 0)::float8 FROM (" +
           catalogue::select_waiting(outbox) + ") w";
}

const std::string subscribers_query =
    "SELECT d.sink_id, s.schema_name, s.name, d.subscriber, coalesce(d.owner, ''), "
    "coalesce(sum(p.delivered), 0)::bigint, extract(epoch FROM clock_timestamp() - "
    "min(p.failing_since))::float8, coalesce((array_agg(p.last_error ORDER BY p.failing_since) "
    "FILTER (WHERE p.failing_since IS NOT NULL))[1], ''), coalesce(t.schema_name, s.schema_name), "
    "coalesce(t.name, s.name) FROM tidewheel.deliveries d JOIN tidewheel.sinks s ON s.id = "
    "d.sink_id LEFT JOIN tidewheel.streams t ON t.id = s.stream_id LEFT JOIN "
    "tidewheel.delivery_positions p ON p.sink_id = d.sink_id AND p.subscriber = d.subscriber WHERE "
    "d." +
    std::string(catalogue::is_subscriber) + " GROUP BY 1, 2, 3, 4, 5, 9, 10 ORDER BY 9, 10, 4";

}  // namespace

std::vector<DeliveryStatus> read_deliveries(postgres::Connection& connection) {
    std::vector<DeliveryStatus> all;
    for (const Row& row : connection.query(subscribers_query)) {
        const sql::RelationName name{row.text(1), row.text(2)};
        const Row waiting = connection.query(waiting_query(name), {row.text(0), row.text(3)}).at(0);
        const Row aside = connection
                              .query(
                                  "SELECT count(*) FROM tidewheel.undelivered WHERE sink_id = "
                                  "$1 AND subscriber = $2",
                                  {row.text(0), row.text(3)})
                              .at(0);
        DeliveryStatus& one = all.emplace_back();
        one.sink = sql::label({row.text(8), row.text(9)});
        one.subscriber = row.text(3);
        one.waiting = waiting.integer(0);
        one.oldest_seconds = waiting.number(1);
        one.delivered = row.integer(5);
        one.undelivered = aside.integer(0);
        one.owner = row.text(4);
        if (!row.is_null(6)) one.failing_seconds = row.number(6);
        one.last_error = row.text(7);
    }
    return all;
}

}  // namespace tidewheel::monitor
