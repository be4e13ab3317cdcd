#include "tidewheel/catalogue/dead_letter_query.hpp"

#include <regex>

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/reject.hpp"
#include "tidewheel/postgres/sql_text.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::catalogue {
namespace {

using postgres::quote_literal;

constexpr int page_letters = 2000;
constexpr std::int64_t page_bytes = 8 << 20;  // of payload; a single letter may be larger

bool matches(const std::string& text, const char* pattern) {
    return std::regex_search(text, std::regex(pattern, std::regex::icase));
}

// nullopt: PostgreSQL can't read the text so.
std::optional<postgres::Row> read_as(postgres::Connection& connection, const char* query,
                                     const std::string& text) {
    try {
        return connection.query(query, {text}).at(0);
    } catch (const postgres::DatabaseError& error) {
        if (!error.is_about_data()) throw;
        return std::nullopt;
    }
}

// 30 days, and 30 days ago, which PostgreSQL takes for -30 days.
std::optional<postgres::Row> so_long_ago(postgres::Connection& connection,
                                         const std::string& text) {
    return read_as(connection, "SELECT (now() - $1::interval)::text, $1::interval > interval '0'",
                   std::regex_replace(text, std::regex("\\s+ago\\s*$", std::regex::icase), ""));
}

// Why PostgreSQL's reading of the text is too uncertain for a discard, which can't be undone;
// empty: it is certain.
std::string doubt(const std::string& text, bool is_time, const postgres::Row* interval) {
    if (!is_time && !interval) return "neither a time nor an interval";
    if (is_time && interval) return "both a time and an interval";
    if (is_time)
        return matches(text, "^\\s*\\d{1,2}[-/.]\\d{1,2}[-/.]") ? "day and month are ambiguous"
                                                                : "";
    if (!matches(text, "[a-z]") || matches(text, "(^|\\s)[-+]?[0-9.]+\\s*$"))
        return "a number without a unit";
    return interval->boolean(1) ? "" : "not a time in the past";
}

std::string moment(postgres::Connection& connection, const std::string& flag,
                   const std::string& text) {
    if (text.empty()) return text;
    const auto time = read_as(connection, "SELECT $1::timestamptz::text", text);
    const auto ago = so_long_ago(connection, text);
    const std::string why = doubt(text, time.has_value(), ago ? &*ago : nullptr);
    if (why.empty()) return (time ? *time : *ago).text(0);
    throw Error(
        Error::Kind::setting, flag + " '" + text + "': " + why,
        "Write a time, such as 2026-01-31 or 2026-01-31T12:00Z; or how long ago, such as '30 "
        "days', '30 days ago', '1 hour'.");
}

// A misspelled name selects nothing, which looks like good news.
void require_known(postgres::Connection& connection, const std::string& what,
                   const std::string& name, const std::string& query) {
    if (!name.empty() && connection.query(query, {name}).empty())
        throw Error(Error::Kind::setting, what + " " + name + " does not exist",
                    "tidewheel status lists what exists.");
}

// The label that is meant by a name whose schema may be left out.
std::string meant(postgres::Connection& connection, const std::string& what,
                  const std::string& name, const std::vector<std::string>& labels) {
    postgres::Transaction transaction(connection);
    const std::string found = sql::find_label(labels, name, own_search_path(transaction));
    if (found.empty())
        throw Error(Error::Kind::setting, what + " " + name + " does not exist",
                    "tidewheel status lists what exists.");
    return found;
}

std::string meant_stream(postgres::Connection& connection, const std::string& name) {
    std::vector<std::string> labels;
    for (const postgres::Row& row :
         connection.query("SELECT schema_name, name FROM tidewheel.streams"))
        labels.push_back(sql::label({row.text(0), row.text(1)}));
    return sql::name_of(meant(connection, "stream", name, labels)).text();
}

std::string meant_statement(postgres::Connection& connection, const std::string& name) {
    std::vector<std::string> labels;
    for (const postgres::Row& row :
         connection.query("SELECT name FROM tidewheel.statements WHERE rebuilds IS NULL"))
        labels.push_back(row.text(0));
    return meant(connection, "statement", name, labels);
}

void require_reason(const std::string& reason) {
    std::string all;
    for (int i = 0; i < engine::reason_count; ++i) {
        const std::string each(engine::name(static_cast<engine::Reason>(i)));
        if (each == reason) return;
        all += (all.empty() ? "" : ", ") + each;
    }
    if (!reason.empty())
        throw Error(Error::Kind::setting, "unknown reason " + reason,
                    "The reasons are " + all + ".");
}

}  // namespace

const char* const from_dead_letters =
    " FROM tidewheel.dead_letters d JOIN tidewheel.streams t ON t.id = d.stream_id LEFT JOIN "
    "tidewheel.statements s ON s.id = d.statement_id ";

bool DeadLetterFilter::selects_all() const {
    return ids.empty() && reason.empty() && stream.empty() && statement.empty() && topic.empty() &&
           !partition && since.empty() && until.empty();
}

DeadLetterFilter as_of_now(postgres::Connection& connection, DeadLetterFilter filter) {
    require_reason(filter.reason);
    if (!filter.stream.empty()) filter.stream = meant_stream(connection, filter.stream);
    if (!filter.statement.empty()) filter.statement = meant_statement(connection, filter.statement);
    require_known(connection, "stream of topic", filter.topic,
                  "SELECT FROM tidewheel.streams WHERE topic = $1");
    filter.since = moment(connection, "--since", filter.since);
    filter.until = moment(connection, "--until", filter.until);
    filter.last = connection.query("SELECT coalesce(max(id), 0) FROM tidewheel.dead_letters")
                      .at(0)
                      .integer(0);
    return filter;
}

std::optional<std::string> missing_ids(postgres::Connection& connection,
                                       const DeadLetterFilter& filter) {
    if (filter.ids.empty()) return {};
    const std::string missing =
        connection
            .query(
                "SELECT string_agg(i::text, ', ' ORDER BY i) FROM unnest($1::bigint[]) i WHERE "
                "i NOT IN (SELECT d.id" +
                    std::string(from_dead_letters) + "WHERE " + condition_of(filter) + ")",
                {postgres::id_array(filter.ids)})
            .at(0)
            .text_or(0, "");
    if (missing.empty()) return {};
    return "warning: these dead letters do not exist: " + missing;
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
    if (filter.last) condition += " AND d.id <= " + std::to_string(*filter.last);
    return condition;
}

std::string DeadLetterPage::id_array() const {
    return postgres::id_array(ids);
}

DeadLetterPages::DeadLetterPages(const DeadLetterFilter& filter)
    : where_("WHERE " + condition_of(filter)) {}

std::optional<DeadLetterPage> DeadLetterPages::next(postgres::Connection& connection) {
    const std::string order = " ORDER BY stream_id, topic, partition, \"offset\", id";
    const auto rows = connection.query(
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
        after_ = " AND (d.stream_id, d.topic, d.partition, d.\"offset\", d.id) > (" + row.text(0) +
                 ", " + quote_literal(row.text(1)) + ", " + row.text(2) + ", " + row.text(3) +
                 ", " + row.text(4) + ")";
    }
    return page;
}

std::int64_t count(postgres::Connection& connection, const DeadLetterFilter& filter) {
    return connection
        .query("SELECT count(*)" + std::string(from_dead_letters) + "WHERE " + condition_of(filter))
        .at(0)
        .integer(0);
}

}  // namespace tidewheel::catalogue
