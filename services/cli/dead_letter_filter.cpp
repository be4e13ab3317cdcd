#include "cli/dead_letter_filter.hpp"

#include <CLI/CLI.hpp>

#include "tidewheel/core/error.hpp"

namespace tidewheel::cli {
namespace {

using postgres::quote_literal;

constexpr int page_letters = 2000;
constexpr std::int64_t page_bytes = 8 << 20;  // of payload; a single letter may be larger

std::string moment(postgres::Connection& connection, const std::string& time) {
    if (time.empty()) return time;
    const bool is_interval = time.find_first_of("-:T") == std::string::npos;
    try {
        return connection
            .query(is_interval ? "SELECT (now() - $1::interval)::text"
                               : "SELECT $1::timestamptz::text",
                   {time})[0]
            .text(0);
    } catch (const postgres::DatabaseError& error) {
        if (!error.is_about_data()) throw;
        throw Error(Error::Kind::setting, "neither a time nor an interval: " + time,
                    "for example 2026-01-31T12:00Z, or '1 hour'");
    }
}

}  // namespace

const char* const from_dead_letters =
    " FROM tidewheel.dead_letters d JOIN tidewheel.streams t ON t.id = d.stream_id LEFT JOIN "
    "tidewheel.statements s ON s.id = d.statement_id ";

void add_filter_options(CLI::App& command, DeadLetterFilter& filter) {
    command.add_option("--reason", filter.reason, "Only this reason: check_violation, wrong_type…");
    command.add_option("--stream", filter.stream, "Only of this stream");
    command.add_option("--statement", filter.statement,
                       "Only those that this statement's target refused");
    command.add_option("--topic", filter.topic, "Only of this topic");
    command.add_option("--partition", filter.partition, "Only of this partition")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    command
        .add_option("--since", filter.since,
                    "Only those parked since a time, or for so long: 2026-01-31T12:00Z, '1 hour'")
        ->type_name("T");
    command.add_option("--until", filter.until, "Only those parked before a time, or so long ago")
        ->type_name("T");
}

void add_filter_options_and_ids(CLI::App& command, DeadLetterFilter& filter) {
    command.add_option("id", filter.ids, "Only these, by their numbers; none: all that fit")
        ->type_name("ID");
    add_filter_options(command, filter);
}

bool DeadLetterFilter::selects_all() const {
    return ids.empty() && reason.empty() && stream.empty() && statement.empty() && topic.empty() &&
           !partition && since.empty() && until.empty();
}

DeadLetterFilter with_moments(postgres::Connection& connection, DeadLetterFilter filter) {
    filter.since = moment(connection, filter.since);
    filter.until = moment(connection, filter.until);
    return filter;
}

std::string condition_of(const DeadLetterFilter& filter) {
    std::string condition = filter.discarded ? "true" : "d.discarded_at IS NULL";
    const auto add = [&](const std::string& before, const std::string& value,
                         const std::string& after = "") {
        if (!value.empty()) condition += " AND " + before + quote_literal(value) + after;
    };
    std::string ids;
    for (const std::int64_t id : filter.ids)
        ids += (ids.empty() ? "" : ",") + std::to_string(id);
    if (!ids.empty()) condition += " AND d.id IN (" + ids + ")";
    add("d.reason = ", filter.reason);
    add("", filter.stream, " IN (t.name, t.schema_name || '.' || t.name)");
    add("s.name = ", filter.statement);
    add("d.topic = ", filter.topic);
    if (filter.partition) condition += " AND d.partition = " + std::to_string(*filter.partition);
    add("d.parked_at >= ", filter.since, "::timestamptz");
    add("d.parked_at < ", filter.until, "::timestamptz");
    return condition;
}

std::string DeadLetterPage::id_array() const {
    std::vector<postgres::Parameter> items;
    for (const std::int64_t id : ids)
        items.emplace_back(std::to_string(id));
    return postgres::array_literal(items);
}

DeadLetterPages::DeadLetterPages(postgres::Connection& connection, const DeadLetterFilter& filter)
    : connection_(connection) {
    const auto last =
        connection.query("SELECT coalesce(max(id), 0) FROM tidewheel.dead_letters")[0].text(0);
    where_ = "WHERE " + condition_of(filter) + " AND d.id <= " + last;
}

std::optional<DeadLetterPage> DeadLetterPages::next() {
    const std::string order = " ORDER BY topic, partition, \"offset\", id";
    const auto rows = connection_.query(
        "SELECT stream_id, topic, partition, \"offset\", id, sum(bytes) OVER (" + order +
        ") FROM (SELECT d.stream_id, d.topic, d.partition, d.\"offset\", d.id, "
        "coalesce(octet_length(d.payload), 0)::bigint AS bytes" +
        from_dead_letters + where_ + after_ + order + " LIMIT " + std::to_string(page_letters) +
        ") q" + order);
    if (rows.empty()) return std::nullopt;
    DeadLetterPage page{static_cast<int>(rows[0].integer(0)), {}};
    for (const postgres::Row& row : rows) {
        const bool same = row.text(0) == rows[0].text(0) && row.text(1) == rows[0].text(1) &&
                          row.text(2) == rows[0].text(2);
        if (!same || (!page.ids.empty() && row.integer(5) > page_bytes)) break;
        page.ids.push_back(row.integer(4));
        after_ = " AND (d.topic, d.partition, d.\"offset\", d.id) > (" +
                 quote_literal(row.text(1)) + ", " + row.text(2) + ", " + row.text(3) + ", " +
                 row.text(4) + ")";
    }
    return page;
}

}  // namespace tidewheel::cli
