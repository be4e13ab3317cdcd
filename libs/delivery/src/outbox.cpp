#include "outbox.hpp"

namespace tidewheel::delivery {
namespace {

using catalogue::OutboxLane;
using catalogue::StoredSink;
using postgres::Connection;
using postgres::Row;

constexpr const char* piece_bytes = "1048576";
constexpr const char* trimmed_at_once = "5000";

std::vector<postgres::Parameter> with_lane(const OutboxLane& lane,
                                           std::vector<postgres::Parameter> more = {}) {
    std::vector<postgres::Parameter> all{std::to_string(lane.stream),
                                         std::to_string(lane.partition)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::string columns_of(const StoredSink& sink, const char* suffix) {
    std::string list;
    for (const std::string& column : sink.sink.columns)
        list += (list.empty() ? "o." : ", o.") + postgres::quote_name(column) + suffix;
    return list;
}

// What a row is read as. Names of our own, so that none is there twice.
std::string shown_of(const StoredSink& sink, const RowRequest& request) {
    if (request.expressions.empty())
        return request.form == RowForm::json
                   ? "(SELECT row_to_json(r)::text FROM (SELECT " + columns_of(sink, "") + ") r)"
                   : columns_of(sink, "::text");
    std::string list;
    for (std::size_t i = 0; i < request.expressions.size(); ++i)
        list += (i > 0 ? ", " : "") + request.expressions[i] + " AS tidewheel_value_" +
                std::to_string(i);
    return list;
}

}  // namespace

catalogue::LaneEnds lane_ends(Connection& connection, const StoredSink& sink) {
    catalogue::LaneEnds ends;
    for (const Row& row : connection.query(catalogue::select_lane_ends(sink.sink.name)))
        ends[{static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))}] = row.integer(2);
    return ends;
}

std::vector<OutboxRow> read_rows(Connection& connection, const StoredSink& sink,
                                 const RowRequest& request, const Range& range) {
    const bool json = request.form == RowForm::json;
    const std::string shown = shown_of(sink, request);
    std::vector<OutboxRow> rows;
    for (const Row& row : connection.query(
             "SELECT q.* FROM (SELECT o.tidewheel_seq, (extract(epoch FROM clock_timestamp() - "
             "o.tidewheel_stored_at) * 1000)::bigint, (extract(epoch FROM o.tidewheel_stored_at) * "
             "1000000)::bigint, sum(pg_column_size(o.*)) OVER (ORDER BY o.tidewheel_seq) - "
             "pg_column_size(o.*) AS tidewheel_before, " +
                 shown + " FROM " + sink.sink.name.quoted() +
                 " o WHERE o.tidewheel_stream = $1::integer AND o.tidewheel_partition = "
                 "$2::integer AND o.tidewheel_seq > $3::bigint AND o.tidewheel_seq <= "
                 "$4::bigint ORDER BY o.tidewheel_seq LIMIT $5::bigint) q WHERE q.tidewheel_before "
                 "< " +
                 piece_bytes + " ORDER BY q.tidewheel_seq",
             with_lane(range.lane, {std::to_string(range.after), std::to_string(range.last),
                                    std::to_string(request.most)}))) {
        OutboxRow& one = rows.emplace_back();
        one.seq = row.integer(0);
        one.age = std::chrono::milliseconds(row.integer(1));
        one.stored_at = std::chrono::sys_time<std::chrono::microseconds>(
            std::chrono::microseconds(row.integer(2)));
        if (json) one.json = row.text(4);
        for (std::size_t i = 4; !json && i < row.size(); ++i)
            one.values.push_back(row.field(i));
    }
    return rows;
}

// A sink without subscribers keeps nothing but what it is told to.
bool trim(Connection& connection, const StoredSink& sink, const OutboxLane& lane) {
    const std::string table = sink.sink.name.quoted();
    const std::size_t deleted =
        connection
            .query("DELETE FROM " + table + " WHERE ctid = ANY (ARRAY(SELECT o.ctid FROM " + table +
                       " o WHERE o.tidewheel_stream = $1::integer AND o.tidewheel_partition = "
                       "$2::integer AND o.tidewheel_seq <= (SELECT coalesce(min(coalesce(p.seq, "
                       "d.start_seq)), 9223372036854775807) FROM tidewheel.deliveries d LEFT JOIN "
                       "tidewheel.delivery_positions p ON p.sink_id = d.sink_id AND p.subscriber = "
                       "d.subscriber AND p.stream_id = $1::integer AND p.partition = $2::integer "
                       "WHERE d.sink_id = $3::integer) AND o.tidewheel_stored_at <= "
                       "clock_timestamp() - $4::bigint * interval '1 ms' ORDER BY o.tidewheel_seq "
                       "LIMIT " +
                       trimmed_at_once + "))",
                   with_lane(lane, {std::to_string(sink.id), std::to_string(sink.keep.count())}))
            .affected;
    return deleted == std::stoul(trimmed_at_once);
}

Waiting waiting_rows(Connection& connection, const StoredSink& sink,
                     const std::string& subscriber) {
    const Row row = connection
                        .query(
                            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - "
                            "min(w.tidewheel_stored_at)), 0)::float8 FROM (" +
                                catalogue::select_waiting(sink.sink.name) + " LIMIT 100000) w",
                            {std::to_string(sink.id), subscriber})
                        .at(0);
    return {row.integer(0), row.number(1)};
}

}  // namespace tidewheel::delivery
