#include "tidewheel/postgres/pushdown.hpp"

#include <algorithm>

#include "sql_text.hpp"

namespace tidewheel::postgres {
namespace {

using engine::Kind;

// A column as tidewheel_records shows it.
std::string record_column(const engine::Column& column) {
    const std::string name = quote_name(column.name);
    if (column.type.kind != Kind::other) return "b." + name;
    return "(jsonb_populate_record(NULL::pg_temp.tidewheel_shape, jsonb_build_object(" +
           quote_literal(column.name) + ", b." + name + ")))." + name + " AS " + name;
}

bool has_other(const engine::Schema& schema) {
    return std::any_of(schema.columns.begin(), schema.columns.end(),
                       [](const auto& column) { return column.type.kind == Kind::other; });
}

std::string records_view(const StoredStream& stream, const std::string& options,
                         const std::string& where) {
    std::vector<std::string> columns;
    for (const engine::Column& column : stream.schema.columns)
        columns.push_back(record_column(column));
    return "CREATE OR REPLACE TEMP VIEW tidewheel_records" + options + " AS SELECT " +
           join(columns, ", ") +
           ", b.tidewheel_seq, b.tidewheel_timestamp FROM pg_temp.tidewheel_batch b" + where +
           ";\n";
}

std::string column_list(const std::vector<engine::Column>& columns) {
    std::vector<std::string> names;
    for (const engine::Column& column : columns)
        names.push_back(quote_name(column.name));
    return join(names, ", ");
}

// COPY leaves out what nobody needs, so a NOT NULL that LIKE brought along has to go; a column that
// PostgreSQL converts arrives as jsonb.
std::string loosen(const engine::Schema& schema) {
    std::vector<std::string> actions;
    for (const engine::Column& column : schema.columns) {
        const std::string alter = "ALTER COLUMN " + quote_name(column.name);
        if (column.not_null) actions.push_back(alter + " DROP NOT NULL");
        if (column.type.kind == Kind::other) actions.push_back(alter + " TYPE jsonb USING NULL");
    }
    if (actions.empty()) return "";
    return "ALTER TABLE pg_temp.tidewheel_batch " + join(actions, ", ") + ";\n";
}

}  // namespace

std::string stage_ddl(const StoredStream& stream) {
    const std::string relation = stream.stream.name.quoted();
    std::string ddl =
        "CREATE TEMP TABLE tidewheel_batch (LIKE " + relation +
        ", tidewheel_seq integer, tidewheel_timestamp timestamptz) ON COMMIT DELETE ROWS;\n";
    ddl += loosen(stream.schema);
    if (has_other(stream.schema))
        ddl += "CREATE TEMP TABLE tidewheel_shape (LIKE " + relation + ");\n";
    ddl += records_view(stream, "", "");
    ddl += "CREATE TEMP VIEW " + quote_name(stream.stream.name.name) + " AS SELECT " +
           column_list(stream.schema.columns) + " FROM pg_temp.tidewheel_records;\n";
    return ddl;
}

std::string stage_copy(const engine::Schema& schema) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < schema.columns.size(); ++i)
        if (schema.needed[i]) names.push_back(quote_name(schema.columns[i].name));
    names.insert(names.end(), {"tidewheel_seq", "tidewheel_timestamp"});
    return "COPY pg_temp.tidewheel_batch (" + join(names, ", ") + ") FROM STDIN (FORMAT binary)";
}

std::string stage_validate(const StoredStream& stream) {
    std::string verdict, refused;
    for (std::size_t i = 0; i < stream.checks.size(); ++i) {
        const std::string broken = "(" + stream.checks[i].expression + ") IS FALSE";
        verdict += " WHEN " + broken + " THEN " + std::to_string(i);
        refused += (refused.empty() ? "" : " OR ") + broken;
    }
    for (const engine::Column& column : stream.schema.columns)  // forces the conversion
        if (column.type.kind == Kind::other)
            refused += (refused.empty() ? "" : " OR ") + std::string("octet_length(") +
                       quote_name(column.name) + "::text) < 0";
    if (refused.empty()) return "";
    verdict = verdict.empty() ? "NULL" : "CASE" + verdict + " END";
    return "SELECT tidewheel_seq, " + verdict + " FROM pg_temp.tidewheel_records WHERE " + refused +
           " ORDER BY tidewheel_seq";
}

std::string stage_narrow(const StoredStream& stream) {
    // A barrier: otherwise PostgreSQL may try a CHECK or a WHERE on rows outside of the range
    // first, and meet the bad one there.
    return "CREATE INDEX tidewheel_batch_seq ON pg_temp.tidewheel_batch (tidewheel_seq);\n" +
           records_view(stream, " WITH (security_barrier)",
                        " WHERE b.tidewheel_seq >= current_setting('tidewheel.first')::integer"
                        " AND b.tidewheel_seq < current_setting('tidewheel.last')::integer");
}

std::string stage_range(std::size_t first, std::size_t last) {
    return "SET LOCAL tidewheel.first = '" + std::to_string(first) +
           "'; SET LOCAL tidewheel.last = '" + std::to_string(last) + "'";
}

std::string stage_widen(const StoredStream& stream) {
    return "DROP INDEX pg_temp.tidewheel_batch_seq;\n" + records_view(stream, "", "");
}

// --- rows
// ------------------------------------------------------------------------------------------------------------------

namespace {

std::vector<std::string> quoted_columns(const Target& target, const std::string& prefix = "") {
    std::vector<std::string> names;
    for (const TargetColumn& column : target.columns)
        names.push_back(prefix + quote_name(column.name));
    return names;
}

std::string insert_into(const sql::RowStatement& rows, const Target& target) {
    return "INSERT INTO " + rows.target.quoted() + " (" + join(quoted_columns(target), ", ") + ") ";
}

// The record form's SELECT as a relation q whose columns bear the target's names.
std::string collected(const sql::RowStatement& rows, const Target& target) {
    return "(" + rows.record_select + ") q(tidewheel_seq, " + join(quoted_columns(target), ", ") +
           ")";
}

// The conflict key's columns, each behind the prefix; with their types when asked (the SELECT's may
// be others).
std::vector<std::string> key_list(const Target& target, const std::string& prefix, bool typed) {
    std::vector<std::string> keys;
    for (const TargetColumn& column : target.columns)
        if (std::count(target.conflict_key.begin(), target.conflict_key.end(), column.name))
            keys.push_back(prefix + quote_name(column.name) + (typed ? "::" + column.type : ""));
    return keys;
}

std::string round_number(const Target& target) {
    const std::vector<std::string> keys = key_list(target, "q.", true);
    const std::string partition = keys.empty() ? "" : "PARTITION BY " + join(keys, ", ") + " ";
    const std::string direction = target.last_wins ? " DESC" : "";
    return "row_number() OVER (" + partition + "ORDER BY q.tidewheel_seq" + direction +
           ", q.tidewheel_row" + direction + ") - 1";
}

// The SELECT's rows, numbered as they come: one record may yield several rows of a key.
std::string numbered(const sql::RowStatement& rows, const Target& target) {
    return "(SELECT *, row_number() OVER () AS tidewheel_row FROM " + collected(rows, target) +
           ") q";
}

RowScript in_rounds(const StoredStatement& statement, const sql::RowStatement& rows,
                    const Target& target) {
    const std::string aside = "pg_temp.tidewheel_rows_" + std::to_string(statement.id);
    const std::string columns = join(quoted_columns(target), ", ");
    RowScript script;
    // With last_wins the CHECKs come along, so that a row which never reaches the target is judged
    // all the same.
    script.setup = target.last_wins
                       ? "CREATE TEMP TABLE " + aside +
                             " (tidewheel_round bigint, tidewheel_seq integer, LIKE " +
                             rows.target.quoted() +
                             " INCLUDING CONSTRAINTS INCLUDING GENERATED) ON COMMIT DELETE ROWS;\n"
                       : "CREATE TEMP TABLE " + aside +
                             " ON COMMIT DELETE ROWS AS SELECT 0::bigint AS tidewheel_round, 0 AS "
                             "tidewheel_seq, " +
                             columns + " FROM " + rows.target.quoted() + " WITH NO DATA;\n";
    script.setup += "CREATE INDEX ON " + aside + " (tidewheel_round);\n";
    script.collect = "INSERT INTO " + aside + " (tidewheel_round, tidewheel_seq, " + columns +
                     ") SELECT " + round_number(target) + ", q.tidewheel_seq, " +
                     join(quoted_columns(target, "q."), ", ") + " FROM " + numbered(rows, target);
    script.last_round = target.last_wins ? "SELECT 0" : "SELECT max(tidewheel_round) FROM " + aside;
    script.round_prefix = insert_into(rows, target) + "SELECT " + columns + " FROM " + aside +
                          " WHERE tidewheel_round = ";
    // In key order: other lanes may be at the same rows. Within a round a key occurs once.
    std::vector<std::string> order = key_list(target, "", false);
    order.push_back("tidewheel_seq");
    script.round_suffix = " ORDER BY " + join(order, ", ") + " " + rows.conflict_clause;
    script.discard = "DELETE FROM " + aside;
    return script;
}

}  // namespace

std::string RowScript::round_insert(long round) const {
    return round_prefix + std::to_string(round) + round_suffix;
}

RowScript row_script(const StoredStatement& statement, const Target& target) {
    const auto& rows = std::get<sql::RowStatement>(statement.statement.body);
    if (rows.on_conflict == sql::OnConflict::update) return in_rounds(statement, rows, target);
    RowScript script;
    script.direct = rows.needs_order || rows.uses_now
                        ? insert_into(rows, target) + "SELECT " +
                              join(quoted_columns(target, "q."), ", ") + " FROM " +
                              collected(rows, target) + " ORDER BY q.tidewheel_seq " +
                              rows.conflict_clause
                        : rows.batch_insert;
    return script;
}

// --- views
// -----------------------------------------------------------------------------------------------------------------

namespace {

const sql::ViewStatement& view_of(const StoredStatement& statement) {
    return std::get<sql::ViewStatement>(statement.statement.body);
}

std::string merged(const sql::Partial& partial) {
    const std::string ours = "s." + partial.column, theirs = "excluded." + partial.column;
    const auto both = [&](const std::string& together) {  // NULL is "nothing yet", not "unknown"
        return "COALESCE(" + together + ", " + ours + ", " + theirs + ")";
    };
    switch (partial.merge) {
        case sql::Merge::add:
            return both(ours + " + " + theirs);
        case sql::Merge::least:
            return "LEAST(" + ours + ", " + theirs + ")";
        case sql::Merge::greatest:
            return "GREATEST(" + ours + ", " + theirs + ")";
        case sql::Merge::logical_and:
            return both(ours + " AND " + theirs);
        case sql::Merge::logical_or:
            return both(ours + " OR " + theirs);
    }
    return "";
}

// A view without GROUP BY has one row, whose key is this constant.
constexpr const char* only_key = "the_row";

std::vector<std::string> key_columns(const sql::ViewStatement& view) {
    std::vector<std::string> columns;
    for (const sql::Key& key : view.keys)
        columns.push_back(key.column);
    if (columns.empty()) columns.push_back(only_key);
    return columns;
}

std::string source_of(const sql::ViewStatement& view) {
    return " FROM " + view.from + (view.where.empty() ? "" : " WHERE " + view.where);
}

// Distinct expressions that several views share, each with a name in the pass.
class Shared {
  public:
    explicit Shared(std::string stem) : stem_(std::move(stem)) {}
    std::string name(const std::string& expression) {
        const auto found = std::find(expressions_.begin(), expressions_.end(), expression);
        const auto index = found - expressions_.begin();
        if (found == expressions_.end()) expressions_.push_back(expression);
        return stem_ + std::to_string(index);
    }
    std::vector<std::string> select_list() const {
        std::vector<std::string> list;
        for (std::size_t i = 0; i < expressions_.size(); ++i)
            list.push_back(expressions_[i] + " AS " + stem_ + std::to_string(i));
        return list;
    }
    const std::vector<std::string>& expressions() const { return expressions_; }

  private:
    std::string stem_;
    std::vector<std::string> expressions_;
};

// A view's keys among those of the pass, as indexes in ascending order.
using GroupingSet = std::vector<std::size_t>;

GroupingSet grouping_set(const sql::ViewStatement& view, const std::vector<std::string>& all) {
    GroupingSet set;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (std::any_of(view.keys.begin(), view.keys.end(),
                        [&](const sql::Key& key) { return key.expression == all[i]; }))
            set.push_back(i);
    return set;
}

std::string grouping_set_sql(const GroupingSet& set, const std::vector<std::string>& all) {
    std::vector<std::string> keys;
    for (const std::size_t index : set)
        keys.push_back(all[index]);
    return "(" + join(keys, ", ") + ")";
}

// What GROUPING() over all keys of the pass says in the rows of a set: a bit is 1 where the key is
// not in it.
std::string grouping_mask(const GroupingSet& set, std::size_t keys) {
    long mask = 0;
    for (std::size_t i = 0; i < keys; ++i)
        mask = mask * 2 + (std::count(set.begin(), set.end(), i) ? 0 : 1);
    return std::to_string(mask);
}

// INSERT INTO state … SELECT from the pass, in key order so that concurrent lanes can't deadlock.
std::string upsert(const StoredStatement& statement, Shared& keys, Shared& partials,
                   const std::string& where) {
    const sql::ViewStatement& view = view_of(statement);
    std::vector<std::string> columns = key_columns(view), values, order, merges;
    for (const sql::Key& key : view.keys)
        values.push_back(keys.name(key.expression));
    if (values.empty()) values.push_back("true");
    for (std::size_t i = 0; i < values.size(); ++i)
        order.push_back(std::to_string(i + 1));
    const std::string key_list = join(columns, ", ");
    for (const sql::Partial& partial : view.partials) {
        columns.push_back(partial.column);
        values.push_back(partials.name(partial.expression));
        merges.push_back(partial.column + " = " + merged(partial));
    }
    return "INSERT INTO " + statement.state_table + " AS s (" + join(columns, ", ") + ") SELECT " +
           join(values, ", ") + " FROM delta" + where + " ORDER BY " + join(order, ", ") +
           " ON CONFLICT (" + key_list + ") DO " +
           (merges.empty() ? "NOTHING" : "UPDATE SET " + join(merges, ", ")) + " RETURNING 1";
}

}  // namespace

std::vector<std::vector<const StoredStatement*>> share_passes(
    const std::vector<const StoredStatement*>& views) {
    std::vector<std::vector<const StoredStatement*>> passes;
    constexpr std::size_t most_keys = 31;  // GROUPING() takes no more
    for (const StoredStatement* view : views) {
        const auto fits = [&](const std::vector<const StoredStatement*>& pass) {
            std::size_t keys = view_of(*view).keys.size();
            for (const StoredStatement* each : pass)
                keys += view_of(*each).keys.size();
            return source_of(view_of(*pass.front())) == source_of(view_of(*view)) &&
                   keys <= most_keys && pass.front()->search_path == view->search_path;
        };
        const auto pass = std::find_if(passes.begin(), passes.end(), fits);
        if (pass == passes.end())
            passes.push_back({view});
        else
            pass->push_back(view);
    }
    return passes;
}

std::string view_script(const std::vector<const StoredStatement*>& views) {
    Shared keys("k"), partials("p");
    for (const StoredStatement* view : views) {
        for (const sql::Key& key : view_of(*view).keys)
            keys.name(key.expression);
        for (const sql::Partial& partial : view_of(*view).partials)
            partials.name(partial.expression);
    }
    const std::vector<std::string>& all = keys.expressions();
    std::vector<std::string> sets, masks;
    for (const StoredStatement* view : views) {
        const GroupingSet set = grouping_set(view_of(*view), all);
        if (const std::string sql = grouping_set_sql(set, all);
            !std::count(sets.begin(), sets.end(), sql)) {
            sets.push_back(sql);
            masks.push_back(grouping_mask(set, all.size()));
        }
    }
    const bool masked = sets.size() > 1;
    std::vector<std::string> select = keys.select_list();
    for (const std::string& partial : partials.select_list())
        select.push_back(partial);
    if (masked) select.push_back("GROUPING(" + join(all, ", ") + ") AS mask");
    if (select.empty()) select.push_back("true");

    std::string script = "WITH delta AS MATERIALIZED (SELECT " + join(select, ", ") +
                         source_of(view_of(*views.front())) + " GROUP BY GROUPING SETS (" +
                         join(sets, ", ") + "))";
    std::vector<std::string> counts;
    for (std::size_t i = 0; i < views.size(); ++i) {
        const std::string name = "v" + std::to_string(i);
        const std::string mask = grouping_mask(grouping_set(view_of(*views[i]), all), all.size());
        script += ", " + name + " AS (" +
                  upsert(*views[i], keys, partials, masked ? " WHERE mask = " + mask : "") + ")";
        counts.push_back("(SELECT count(*) FROM " + name + ")");
    }
    counts.push_back(masked ? "(SELECT count(*) FROM delta WHERE mask NOT IN (" +
                                  join(masks, ", ") + "))"
                            : "0");
    return script + " SELECT " + join(counts, ", ");
}

std::vector<std::string> view_ddl(const sql::ViewStatement& view, const std::string& state_table) {
    std::vector<std::string> select, group;
    for (const sql::Key& key : view.keys) {
        select.push_back(key.expression + " AS " + key.column);
        group.push_back(std::to_string(group.size() + 1));
    }
    if (view.keys.empty()) select.push_back(std::string("true AS ") + only_key);
    for (const sql::Partial& partial : view.partials)
        select.push_back(partial.expression + " AS " + partial.column);
    std::vector<std::string> names;
    for (const std::string& name : view.output_columns)
        names.push_back(quote_name(name));
    return {"CREATE TABLE " + state_table + " WITH (fillfactor = 70) AS SELECT " +
                join(select, ", ") + source_of(view) +
                (group.empty() ? "" : " GROUP BY " + join(group, ", ")),
            "CREATE UNIQUE INDEX ON " + state_table + " (" + join(key_columns(view), ", ") +
                ") NULLS NOT DISTINCT",
            "CREATE VIEW " + view.name.quoted() +
                (names.empty() ? "" : " (" + join(names, ", ") + ")") + " AS " +
                view.finish(state_table)};
}

}  // namespace tidewheel::postgres
