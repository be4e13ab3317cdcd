#include "tidewheel/executor/explain.hpp"

#include <chrono>

#include "tidewheel/core/text.hpp"

namespace tidewheel::executor {
namespace {

template <class Items, class Text>
std::string listed(const Items& items, Text text) {
    std::string all;
    for (const auto& item : items)
        all += (all.empty() ? "" : ", ") + text(item);
    return all;
}

std::string listed(const std::vector<std::string>& items) {
    return listed(items, [](const std::string& item) { return item; });
}

std::string partitions_text(const sql::Statement& statement,
                            const catalogue::StoredStream& stored) {
    const sql::Stream& stream = stored.stream;
    const auto is_all = [&](const std::vector<int>& partitions) {
        return static_cast<int>(partitions.size()) == stream.partitions;
    };
    const std::vector<int> read = catalogue::partitions_read(statement, stored);
    const std::string of = " of " + std::to_string(stream.partitions);
    if (is_all(read)) return "all" + of;
    std::vector<std::string> reasons;
    if (stored.share.of > 1) reasons.push_back(stored.share.text());
    if (!is_all(sql::partitions_read(statement, stream)))
        reasons.push_back("WHERE pins " + stream.route + " to " +
                          listed(statement.route_values.value_or(std::vector<std::string>{})));
    const std::string numbers =
        listed(read, [](int partition) { return std::to_string(partition); });
    return (read.empty() ? "none" : numbers) + of + ": " + listed(reasons);
}

std::string pushdown_text(const sql::RowStatement& rows) {
    if (rows.uses_now) return "record form: now() is each record's own timestamp";
    if (rows.on_conflict == sql::OnConflict::update)
        return "record form: the order of the records of one key matters";
    if (rows.needs_order) return "record form: the order of the records matters";
    return "batch form: the statement's own text over a batch, whose order doesn't matter";
}

// `id`: of what is in `reasons`, or not, where PostgreSQL wouldn't run it.
void explain_execution(const std::map<int, std::string>& reasons, int id, Explanation& lines) {
    const auto found = reasons.find(id);
    if (found == reasons.end()) return;
    lines.emplace_back("executor",
                       found->second.empty() ? "native" : "PostgreSQL: " + found->second);
}

std::string key_text(const sql::RowStatement& rows) {
    if (!rows.conflict_constraint.empty()) return " on constraint " + rows.conflict_constraint;
    return rows.conflict_columns.empty() ? "" : " (" + listed(rows.conflict_columns) + ")";
}

std::string conflict_text(const sql::RowStatement& rows) {
    switch (rows.on_conflict) {
        case sql::OnConflict::none:
            return "none: a row that conflicts with a stored one becomes a dead letter";
        case sql::OnConflict::nothing:
            return "DO NOTHING" + key_text(rows) + ": the first row of a key stays";
        case sql::OnConflict::update:
            return "DO UPDATE" + key_text(rows) +
                   (rows.replaced_columns
                        ? ": the last row of a key replaces"
                        : ": rows of one key are applied in rounds, in their order");
    }
    return "";
}

std::string merge_text(const sql::MergeInto& merge) {
    return "by " +
           listed(merge.keys,
                  [](const sql::MergeKey& key) { return key.column + " = " + key.expression; }) +
           ": records of one key are applied in rounds, in their order";
}

void explain_rows(const sql::RowStatement& rows, Explanation& lines) {
    lines.emplace_back("writes", "table " + rows.target.text());
    lines.emplace_back("pushdown", pushdown_text(rows));
    if (rows.merge)
        lines.emplace_back("merge", merge_text(*rows.merge));
    else
        lines.emplace_back("on conflict", conflict_text(rows));
}

// What a view keeps of an aggregate, and how much of it.
std::string kept_text(const sql::ViewStatement& view, const sql::KeptValues& kept) {
    std::string text = "for " + kept.aggregate + ":";
    for (const sql::Key& value : kept.values)
        text += " " + value.expression + (&value == &kept.values.back() ? "" : ",");
    if (!kept.filter.empty()) text += " where " + kept.filter;
    return text + (kept.by_record.empty() ? "  (each value once" : "  (of each record") +
           ", at most " + std::to_string(view.most_kept) + " in a group)";
}

void explain_rows_of_view(const sql::KeptRows& rows, const std::string& state_table,
                          Explanation& lines) {
    lines.emplace_back("pushdown", "record form: each row is kept with the place of its record");
    lines.emplace_back("state", state_table);
    for (const sql::Key& value : rows.values)
        lines.emplace_back("row " + value.column, value.expression);
}

void explain_view(const sql::ViewStatement& view, const std::string& state_table,
                  Explanation& lines) {
    lines.emplace_back("writes", "view " + view.name.text() + " over its state");
    if (view.rows) return explain_rows_of_view(*view.rows, state_table, lines);
    lines.emplace_back("pushdown",
                       "one pass over a batch for all views with the same FROM and WHERE");
    lines.emplace_back("state", state_table);
    if (view.keys.empty()) lines.emplace_back("keys", "none: one row");
    for (const sql::Key& key : view.keys)
        lines.emplace_back("key " + key.column, key.expression);
    for (const sql::Partial& partial : view.partials)
        lines.emplace_back("part " + partial.column,
                           partial.expression + "  (merged: " +
                               std::string(sql::form_of(partial.merge).words) + ")");
    for (std::size_t i = 0; i < view.kept.size(); ++i)
        lines.emplace_back("kept " + std::to_string(i + 1), kept_text(view, view.kept[i]));
}

std::string source_text(const sql::StreamSource& source) {
    if (source.is_websocket) return source.url;
    if (source.interval.count() == 0) return source.url + ", polled by hand";
    return source.url + ", polled every " +
           rough_duration(std::chrono::duration<double>(source.interval).count());
}

}  // namespace

Explanation explain(const catalogue::StoredStream& stream, const catalogue::StoredStatement& stored,
                    const Executions& executions) {
    Explanation lines;
    lines.emplace_back("reads",
                       "stream " + stream.stream.name.text() + ", topic " + stream.stream.topic);
    lines.emplace_back("partitions", partitions_text(stored.statement, stream));
    explain_execution(executions.statements, stored.id, lines);
    if (const auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body))
        explain_view(*view, stored.state_table, lines);
    else
        explain_rows(std::get<sql::RowStatement>(stored.statement.body), lines);
    return lines;
}

Explanation explain(const catalogue::StoredStream& stored, const Executions& executions) {
    const sql::Stream& stream = stored.stream;
    Explanation lines;
    lines.emplace_back("topic", stream.topic + ", partitions " + std::to_string(stream.partitions) +
                                    ", format " + stream.format);
    lines.emplace_back(
        "kept as", stored.is_foreign ? "foreign table of server kafka" : "empty ordinary table");
    if (!stored.checks.empty()) explain_execution(executions.rules, stored.id, lines);
    if (!stream.event_time.empty()) lines.emplace_back("event time", stream.event_time);
    if (stream.ignores_tombstones) lines.emplace_back("tombstones", "ignored");
    if (stored.schema.takes_tombstones()) lines.emplace_back("tombstones", "rows");
    if (!stream.route.empty())
        lines.emplace_back("route", listed(stream.rules, [&](const engine::Route::Rule& rule) {
                               return stream.route + " " + rule.value + " → " +
                                      listed(rule.partitions, [](int partition) {
                                          return std::to_string(partition);
                                      });
                           }));
    if (!stream.key.empty()) lines.emplace_back("key", stream.key);
    if (stream.changes_of) lines.emplace_back("changes of", stream.changes_of->text());
    if (!stream.ingress.empty())
        lines.emplace_back("ingress", "POST " + stream.ingress +
                                          (stream.ingress_tokens.empty() ? ", without a token"
                                                                         : ", with a token") +
                                          (stream.ingress_secrets.empty() ? "" : ", signed"));
    if (!stream.source.url.empty()) lines.emplace_back("source", source_text(stream.source));
    return lines;
}

}  // namespace tidewheel::executor
