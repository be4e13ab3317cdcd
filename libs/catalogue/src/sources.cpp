#include "tidewheel/catalogue/sources.hpp"

#include "tidewheel/postgres/wait_limits.hpp"

namespace tidewheel::catalogue {
namespace {

using namespace std::chrono_literals;
using postgres::Parameter;

// A process that freezes in the middle must not keep the next owner out.
constexpr auto longest_lock = 2s, longest_idle = 3s;

std::string expired(const std::string& row) {
    return "(" + row + ".owner IS NULL OR " + row + ".renewed_at < clock_timestamp() - interval '" +
           std::to_string(source_lease.count()) + " s')";
}

Parameter milliseconds_of(const std::optional<WallTime>& time) {
    if (!time) return std::nullopt;
    return std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch()).count());
}

std::optional<WallTime> time_of(const postgres::Row& row, std::size_t column) {
    if (row.is_null(column)) return std::nullopt;
    return WallTime(std::chrono::milliseconds(row.integer(column)));
}

std::string as_time(const std::string& milliseconds) {
    return "to_timestamp(" + milliseconds + "::bigint / 1000.0)";
}

std::string as_milliseconds(const std::string& time) {
    return "(extract(epoch FROM " + time + ") * 1000)::bigint";
}

// The columns of a state, from `first` on in the row.
std::string state_columns() {
    return as_milliseconds("complete_until") + ", " + as_milliseconds("polled_at") +
           ", coalesce(etag, ''), coalesce(body_hash, ''), records, trouble, " +
           as_milliseconds("trouble_since");
}

SourceState state_of(const postgres::Row& row, std::size_t first) {
    return {time_of(row, first),    time_of(row, first + 1), row.text(first + 2),
            row.text(first + 3),    row.integer(first + 4),  row.field(first + 5),
            time_of(row, first + 6)};
}

bool store(postgres::Connection& connection, const SourceClaim& claim, const SourceState& state,
           const std::string& owner) {
    postgres::Transaction transaction(connection);
    postgres::limit_waits(transaction, longest_lock, longest_idle);
    const bool ours =
        transaction
            .query("UPDATE tidewheel.sources SET owner = " + owner +
                       ", renewed_at = clock_timestamp(), complete_until = " + as_time("$3") +
                       ", polled_at = " + as_time("$4") +
                       ", etag = nullif($5, ''), body_hash = nullif($6, ''), records = $7::bigint, "
                       "trouble = $8, "
                       "trouble_since = " +
                       as_time("$9") + " WHERE stream_id = $1::integer AND epoch = $2::bigint",
                   {std::to_string(claim.stream), std::to_string(claim.epoch),
                    milliseconds_of(state.complete_until), milliseconds_of(state.polled_at),
                    state.etag, state.body_hash, std::to_string(state.records), state.trouble,
                    milliseconds_of(state.trouble_since)})
            .affected == 1;
    transaction.commit();
    return ours;
}

}  // namespace

std::optional<SourceClaim> claim_source(postgres::Connection& connection, int stream,
                                        const std::string& url, const std::string& owner) {
    // Without a lock, first: what others hold is looked at every second.
    const std::vector<Parameter> parameters{std::to_string(stream), url, owner};
    if (connection
            .query("SELECT FROM tidewheel.sources s WHERE stream_id = $1::integer AND NOT " +
                       expired("s"),
                   {parameters[0]})
            .size() == 1)
        return std::nullopt;
    postgres::Transaction transaction(connection);
    postgres::limit_waits(transaction, longest_lock, longest_idle);
    const auto kept = [](const std::string& column) {
        return column + " = CASE WHEN s.url = excluded.url THEN s." + column + " END";
    };
    const postgres::Rows rows = transaction.query(
        "INSERT INTO tidewheel.sources AS s (stream_id, url, owner, epoch, renewed_at) VALUES "
        "($1::integer, $2, $3, nextval('tidewheel.epoch'), clock_timestamp()) ON CONFLICT "
        "(stream_id) DO UPDATE SET url = excluded.url, owner = excluded.owner, epoch = "
        "excluded.epoch, renewed_at = excluded.renewed_at, " +
            kept("complete_until") + ", " + kept("polled_at") + ", " + kept("etag") + ", " +
            kept("body_hash") + " WHERE " + expired("s") + " RETURNING epoch, " + state_columns(),
        parameters);
    transaction.commit();
    if (rows.empty()) return std::nullopt;
    return SourceClaim{stream, rows[0].integer(0), state_of(rows[0], 1)};
}

bool renew_source(postgres::Connection& connection, const SourceClaim& claim,
                  const SourceState& state) {
    return store(connection, claim, state, "owner");
}

void release_source(postgres::Connection& connection, const SourceClaim& claim,
                    const SourceState& state) {
    store(connection, claim, state, "NULL");
}

SourceState source_state(postgres::Connection& connection, int stream, const std::string& url) {
    const postgres::Rows rows =
        connection.query("SELECT " + state_columns() +
                             " FROM tidewheel.sources WHERE stream_id = $1::integer AND url = $2",
                         {std::to_string(stream), url});
    return rows.empty() ? SourceState{} : state_of(rows[0], 0);
}

void note_poll(postgres::Connection& connection, int stream, const std::string& url,
               const std::string& etag, const std::string& body_hash, std::int64_t records) {
    postgres::Transaction transaction(connection);
    postgres::limit_waits(transaction, longest_lock, longest_idle);
    transaction.query(
        "INSERT INTO tidewheel.sources AS s (stream_id, url, epoch, renewed_at, polled_at, etag, "
        "body_hash, records) VALUES ($1::integer, $2, nextval('tidewheel.epoch'), "
        "clock_timestamp(), clock_timestamp(), nullif($3, ''), $4, $5::bigint) ON CONFLICT "
        "(stream_id) DO "
        "UPDATE SET polled_at = excluded.polled_at, etag = excluded.etag, body_hash = "
        "excluded.body_hash, records = s.records + excluded.records WHERE s.url = excluded.url "
        "AND " +
            expired("s"),
        {std::to_string(stream), url, etag, body_hash, std::to_string(records)});
    transaction.commit();
}

std::vector<SourceStatus> source_statuses(postgres::Connection& connection) {
    std::vector<SourceStatus> all;
    for (const postgres::Row& row :
         connection.query("SELECT t.schema_name || '.' || t.name, url, CASE WHEN NOT " +
                          expired("s") + " THEN owner END, " + state_columns() +
                          ", t.intake_paused_at IS NOT NULL FROM tidewheel.sources s JOIN "
                          "tidewheel.streams t ON t.id = s.stream_id ORDER BY 1"))
        all.push_back({row.text(0), row.text(1), row.field(2), state_of(row, 3), row.boolean(10)});
    return all;
}

}  // namespace tidewheel::catalogue
