#include "cli/dead_letter_filter.hpp"

#include <CLI/CLI.hpp>
#include <regex>

#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/reject.hpp"

namespace tidewheel::cli {
namespace {

using postgres::quote_literal;

constexpr int page_letters = 2000;
constexpr std::int64_t page_bytes = 8 << 20;  // of payload; a single letter may be larger

std::string id_array(const std::vector<std::int64_t>& ids) {
    std::vector<postgres::Parameter> items;
    for (const std::int64_t id : ids)
        items.emplace_back(std::to_string(id));
    return postgres::array_literal(items);
}

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

// Why PostgreSQL's reading isn't to be trusted with what a discard can't undo; empty: it is.
std::string doubt(const std::string& text, bool is_time, const postgres::Row* interval) {
    if (!is_time && !interval) return "neither a time nor an interval";
    if (is_time && interval) return "a time as well as an interval";
    if (is_time)
        return matches(text, "^\\s*\\d{1,2}[-/.]\\d{1,2}[-/.]")
                   ? "which is the day, which the month?"
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
    throw Error(Error::Kind::setting, flag + " '" + text + "': " + why,
                "a time, as 2026-01-31 or 2026-01-31T12:00Z; or how long ago, as '30 days', '30 "
                "days ago', '1 hour'");
}

// What is misspelled selects nothing, and that looks like good news.
void require_known(postgres::Connection& connection, const std::string& what,
                   const std::string& name, const std::string& query) {
    if (!name.empty() && connection.query(query, {name}).empty())
        throw Error(Error::Kind::setting, "there is no " + what + " " + name,
                    "tidewheel status lists them");
}

void require_reason(const std::string& reason) {
    std::string all;
    for (int i = 0; i < engine::reason_count; ++i) {
        const std::string each(engine::name(static_cast<engine::Reason>(i)));
        if (each == reason) return;
        all += (all.empty() ? "" : ", ") + each;
    }
    if (!reason.empty())
        throw Error(Error::Kind::setting, "there is no reason " + reason, "there are: " + all);
}

}  // namespace

const char* const from_dead_letters =
    " FROM tidewheel.dead_letters d JOIN tidewheel.streams t ON t.id = d.stream_id LEFT JOIN "
    "tidewheel.statements s ON s.id = d.statement_id ";

void add_filter_options(CLI::App& command, DeadLetterFilter& filter) {
    // What a script's unset variable gives would select everything.
    const CLI::Validator given(
        [](const std::string& text) { return std::string(text.empty() ? "it is empty" : ""); }, "");
    const auto add = [&](const char* flag, std::string& value, const std::string& help) {
        return command.add_option(flag, value, help)->check(given);
    };
    add("--reason", filter.reason, "Only this reason: check_violation, wrong_type…");
    add("--stream", filter.stream, "Only of this stream");
    add("--statement", filter.statement, "Only those that this statement's target refused");
    add("--topic", filter.topic, "Only of this topic");
    command.add_option("--partition", filter.partition, "Only of this partition")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    add("--since", filter.since,
        "Only those parked since a time, or so long ago: 2026-01-31T12:00Z, '1 hour'")
        ->type_name("T");
    add("--until", filter.until, "Only those parked before a time, or so long ago")->type_name("T");
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

DeadLetterFilter as_of_now(postgres::Connection& connection, DeadLetterFilter filter) {
    require_reason(filter.reason);
    require_known(connection, "stream", filter.stream,
                  "SELECT FROM tidewheel.streams WHERE $1 IN (name, schema_name || '.' || name)");
    require_known(connection, "statement", filter.statement,
                  "SELECT FROM tidewheel.statements WHERE name = $1");
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
                {id_array(filter.ids)})
            .at(0)
            .text_or(0, "");
    if (missing.empty()) return {};
    return "warning: there is no such dead letter (any more): " + missing;
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
    return cli::id_array(ids);
}

DeadLetterPages::DeadLetterPages(const DeadLetterFilter& filter)
    : where_("WHERE " + condition_of(filter)) {}

std::optional<DeadLetterPage> DeadLetterPages::next(postgres::Connection& connection) {
    const std::string order = " ORDER BY topic, partition, \"offset\", id";
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
        after_ = " AND (d.topic, d.partition, d.\"offset\", d.id) > (" +
                 quote_literal(row.text(1)) + ", " + row.text(2) + ", " + row.text(3) + ", " +
                 row.text(4) + ")";
    }
    return page;
}

}  // namespace tidewheel::cli
