#include <algorithm>

#include "sql_text.hpp"
#include "tidewheel/postgres/pushdown.hpp"

// What the pushdown executor asks PostgreSQL about the relations that it meets.
namespace tidewheel::postgres {
namespace {

std::string regclass(const sql::RelationName& name) {
    return quote_literal(name.quoted()) + "::regclass";
}

std::vector<TargetColumn> all_columns(Transaction& transaction, const sql::RelationName& table) {
    std::vector<TargetColumn> columns;
    const Rows rows = transaction.query(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = " +
        regclass(table) +
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum");
    for (const Row& row : rows)
        columns.push_back({row.text(0), row.text(1)});
    return columns;
}

// The columns of the INSERT: those it names, or the table's first ones, as many as the SELECT
// yields.
std::vector<TargetColumn> filled_columns(Transaction& transaction,
                                         const sql::RowStatement& statement) {
    std::vector<TargetColumn> all = all_columns(transaction, statement.target);
    if (statement.target_columns.empty()) {
        const std::size_t width =
            transaction.query("SELECT * FROM (" + statement.record_select + ") q LIMIT 0")
                .columns.size() -
            1;
        if (width < all.size()) all.resize(width);
        return all;
    }
    std::vector<TargetColumn> filled;
    for (const std::string& name : statement.target_columns) {
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& column) { return column.name == name; });
        if (found != all.end()) filled.push_back(*found);
    }
    return filled;
}

std::vector<std::string> conflict_key(Transaction& transaction,
                                      const sql::RowStatement& statement) {
    if (statement.conflict_is_plain) return statement.conflict_columns;
    if (statement.conflict_constraint.empty()) return {};
    std::vector<std::string> key;
    const Rows rows = transaction.query(
        "SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND "
        "a.attnum = ANY (c.conkey)"
        " WHERE c.contype IN ('p', 'u') AND c.conname = $1 AND c.conrelid = " +
            regclass(statement.target),
        {statement.conflict_constraint});
    for (const Row& row : rows)
        key.push_back(row.text(0));
    return key;
}

// Nothing but CHECKs and the conflict's own index could refuse a row, or see one that is
// overwritten at once.
bool unwatched(Transaction& transaction, const sql::RelationName& table) {
    const Row row =
        transaction
            .query("SELECT (SELECT count(*) FROM pg_trigger WHERE tgrelid = " + regclass(table) +
                   " AND NOT tgisinternal) + (SELECT count(*) FROM pg_constraint WHERE contype IN "
                   "('f', 'x') AND conrelid = " +
                   regclass(table) +
                   "), (SELECT count(*) FROM pg_index WHERE indisunique AND indrelid = " +
                   regclass(table) + "), (SELECT count(*) FROM pg_attribute WHERE attrelid = " +
                   regclass(table) + " AND attnum > 0 AND NOT attisdropped)")
            .at(0);
    return row.integer(0) == 0 && row.integer(1) == 1;
}

// A NULL in the key never conflicts, so every such row counts.
bool never_null(Transaction& transaction, const sql::RelationName& table,
                const std::vector<std::string>& key) {
    std::vector<Parameter> names(key.begin(), key.end());
    return transaction
               .query(
                   "SELECT count(*) FROM pg_attribute WHERE NOT attnotnull AND attname = ANY "
                   "($1::text[]) AND attrelid = " +
                       regclass(table),
                   {array_literal(names)})
               .at(0)
               .integer(0) == 0;
}

bool last_wins(Transaction& transaction, const sql::RowStatement& statement, const Target& target) {
    if (!statement.replaced_columns || target.conflict_key.empty()) return false;
    const auto replaced = [&](const std::string& name) {
        return std::count(statement.replaced_columns->begin(), statement.replaced_columns->end(),
                          name) ||
               std::count(target.conflict_key.begin(), target.conflict_key.end(), name);
    };
    const bool all_replaced =
        std::all_of(target.columns.begin(), target.columns.end(),
                    [&](const TargetColumn& column) { return replaced(column.name); });
    return all_replaced &&
           target.columns.size() == all_columns(transaction, statement.target).size() &&
           unwatched(transaction, statement.target) &&
           never_null(transaction, statement.target, target.conflict_key);
}

}  // namespace

Target resolve_target(Transaction& transaction, const sql::RowStatement& statement) {
    Target target;
    target.columns = filled_columns(transaction, statement);
    target.conflict_key = conflict_key(transaction, statement);
    target.last_wins = last_wins(transaction, statement, target);
    return target;
}

std::vector<bool> needed_columns(Transaction& transaction, const StoredStream& stream,
                                 const std::vector<const StoredStatement*>& statements) {
    const engine::Schema& schema = stream.schema;
    std::vector<bool> needed(schema.columns.size(), false);
    const auto need = [&](const std::string& name) {
        if (const int column = schema.find(name); column >= 0)
            needed[static_cast<std::size_t>(column)] = true;
    };
    const std::string view =
        quote_literal("pg_temp." + quote_name(stream.stream.name.name)) + "::regclass";
    const auto need_all_of = [&](const std::string& probe) {
        transaction.run("CREATE TEMP VIEW tidewheel_probe AS " + probe);
        const Rows rows = transaction.query(
            "SELECT d.refobjsubid, a.attname FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid"
            " LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND "
            "a.attnum > 0"
            " WHERE d.classid = 'pg_rewrite'::regclass AND w.ev_class = "
            "'pg_temp.tidewheel_probe'::regclass AND d.refobjid = " +
            view);
        const std::size_t columns = needed.size();
        for (const Row& row : rows)
            if (row.is_null(1))
                continue;
            else
                need(row.text(1));
        // A reference to the whole row (to_jsonb(s)) depends on the relation alone.
        const Row whole = transaction
                              .query(
                                  "SELECT count(*) FROM pg_rewrite WHERE ev_class = "
                                  "'pg_temp.tidewheel_probe'::regclass"
                                  " AND ev_action::text ~ ':varattno 0 '")
                              .at(0);
        if (whole.integer(0) > 0) needed.assign(columns, true);
        transaction.run("DROP VIEW pg_temp.tidewheel_probe");
    };
    for (const StoredStatement* statement : statements) {
        transaction.run("SET LOCAL search_path = " + statement->search_path);
        need_all_of("SELECT 1 AS one FROM (" + statement->statement.select + ") q");
    }
    for (const CheckRule& check : stream.checks)
        need_all_of("SELECT (" + check.expression + ") AS one FROM " +
                    quote_name(stream.stream.name.name));
    if (schema.event_time >= 0) needed[static_cast<std::size_t>(schema.event_time)] = true;
    if (schema.route.column >= 0) needed[static_cast<std::size_t>(schema.route.column)] = true;
    for (std::size_t i = 0; i < needed.size(); ++i)
        if (schema.columns[i].type.kind == engine::Kind::other)
            needed[i] = true;  // PostgreSQL checks its values
    return needed;
}

}  // namespace tidewheel::postgres
