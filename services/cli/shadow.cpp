#include "cli/shadow.hpp"

#include "cli/ledger.hpp"
#include "cli/relation.hpp"
#include "cli/type_check.hpp"
#include "cli/view_creation.hpp"
#include "tidewheel/postgres/dead_letters.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Row;
using postgres::Transaction;

std::string text(std::int64_t number) {
    return std::to_string(number);
}

// The comment of a state table that is left over.
std::string mark_of(int view) {
    return "left over by a rebuild of tidewheel's statement " + text(view) + ", to be dropped";
}

// Nobody misses any record any more because of this statement.
void forget_all_missed(Transaction& transaction, int statement) {
    transaction.query("DELETE FROM tidewheel.dead_letters WHERE statement_id = $1",
                      {text(statement)});
    transaction.query(
        "UPDATE tidewheel.dead_letters SET missed_by = array_remove(missed_by, $1::integer) WHERE "
        "missed_by @> ARRAY[$1::integer]",
        {text(statement)});
    transaction.query(
        "DELETE FROM tidewheel.dead_letters WHERE missed_by = '{}' AND discarded_at IS NULL AND "
        "stream_id = (SELECT stream_id FROM tidewheel.statements WHERE id = $1)",
        {text(statement)});
}

// As the view's own, where that has the right columns: with the indexes that somebody may have
// added. (Only PostgreSQL knows the columns, so there has to be a table first.)
void create_like(Transaction& transaction, const postgres::StoredStream& stream,
                 const postgres::StoredStatement& shadow, const std::string& state_table) {
    create_state(transaction, stream, shadow);
    if (columns_of(transaction, shadow.state_table) == columns_of(transaction, state_table)) {
        transaction.run("DROP TABLE " + shadow.state_table);
        transaction.run("CREATE TABLE " + shadow.state_table + " (LIKE " + state_table +
                        " INCLUDING ALL)" + options_of(transaction, state_table));
    }
    copy_rights(transaction, state_table, shadow.state_table);
}

// The view's own rows stay where both read a partition: with owner, epoch and what windows go by.
void swap_progress(Transaction& transaction, const std::vector<postgres::Parameter>& both) {
    transaction.query(
        "UPDATE tidewheel.progress p SET watermark = s.watermark, record_time = s.record_time, "
        "records = s.records, rows_written = s.rows_written FROM tidewheel.progress s WHERE "
        "p.statement_id = $1 AND s.statement_id = $2 AND s.partition = p.partition",
        both);
    const std::string lacks =
        " AND NOT EXISTS (SELECT FROM tidewheel.progress o WHERE "
        "o.partition = p.partition AND o.statement_id = ";
    transaction.query("DELETE FROM tidewheel.progress p WHERE statement_id = $1" + lacks + "$2)",
                      both);
    transaction.query(
        "UPDATE tidewheel.progress p SET statement_id = $1, epoch = nextval('tidewheel.epoch') "
        "WHERE statement_id = $2" +
            lacks + "$1)",
        both);
    transaction.query("DELETE FROM tidewheel.progress WHERE statement_id = $1", {both[1]});
}

// The view misses what its shadow missed. Records before the shadow's beginning are nowhere else:
// their letters stay as they are.
void swap_dead_letters(Transaction& transaction, int shadow, int view) {
    const std::vector<postgres::Parameter> both{text(view), text(shadow)};
    for (const Row& row : transaction.query(
             "SELECT p.topic, p.partition, coalesce(max(k.end_offset), 0) FROM tidewheel.progress "
             "p LEFT JOIN tidewheel.skipped k ON k.statement_id = $2 AND k.topic = p.topic AND "
             "k.partition = p.partition WHERE p.statement_id IN ($1, $2) GROUP BY 1, 2",
             both))
        postgres::forget_missed(transaction, view, row.text(0), static_cast<int>(row.integer(1)),
                                row.integer(2));
    transaction.query("UPDATE tidewheel.dead_letters SET statement_id = $1 WHERE statement_id = $2",
                      both);
    transaction.query(
        "UPDATE tidewheel.dead_letters SET missed_by = array_replace(missed_by, $2::integer, "
        "$1::integer) WHERE missed_by @> ARRAY[$2::integer]",
        both);
}

}  // namespace

std::optional<Shadow> find_shadow(Transaction& transaction,
                                  const postgres::StoredStatement& definition) {
    const auto rows = transaction.query(
        "SELECT s.id, s.state_table FROM tidewheel.statements s JOIN tidewheel.streams t ON t.id = "
        "s.stream_id WHERE s.rebuilds = $1 AND s.fingerprint = $2 || ' ' || t.fingerprint AND "
        "EXISTS (SELECT FROM tidewheel.progress p WHERE p.statement_id = s.id)",
        {text(definition.id), definition.statement.fingerprint});
    if (rows.empty()) return {};
    return Shadow{static_cast<int>(rows[0].integer(0)), rows[0].text(1)};
}

Shadow make_shadow(Transaction& transaction, const postgres::StoredStream& stream,
                   const postgres::StoredStatement& definition,
                   const std::map<int, std::int64_t>& beginnings) {
    postgres::StoredStatement stored = definition;
    stored.id = next_statement_id(transaction);
    stored.state_table =
        state_table_name(definition.statement.name + "_" + std::to_string(stored.id), stored.id);
    create_like(transaction, stream, stored, definition.state_table);
    stored.statement.name += " (rebuild)";
    record_statement(transaction, stored, stream);
    transaction.query(
        "UPDATE tidewheel.statements s SET rebuilds = $2, fingerprint = "
        "s.fingerprint || ' ' || t.fingerprint FROM tidewheel.streams t WHERE s.id = "
        "$1 AND t.id = s.stream_id",
        {text(stored.id), text(definition.id)});
    for (const auto& [partition, begin] : beginnings) {
        transaction.query(
            "INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset) VALUES "
            "($1, $2, $3, $4) ON CONFLICT (statement_id, partition) DO UPDATE SET next_offset = "
            "excluded.next_offset",
            {text(stored.id), stream.stream.topic, text(partition), text(begin)});
        if (begin > 0)
            transaction.query(
                "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, "
                "end_offset, reason) VALUES ($1, $2, $3, 0, $4, 'rebuilt from what was left')",
                {text(stored.id), stream.stream.topic, text(partition), text(begin)});
    }
    return {stored.id, stored.state_table};
}

void retire_shadow(Transaction& transaction, int view) {
    for (const Row& row :
         transaction.query("SELECT id, to_regclass(state_table) IS NOT NULL, state_table FROM "
                           "tidewheel.statements WHERE rebuilds = $1",
                           {text(view)})) {
        if (row.boolean(1))
            transaction.run("COMMENT ON TABLE " + row.text(2) + " IS " +
                            postgres::quote_literal(mark_of(view)));
        forget_all_missed(transaction, static_cast<int>(row.integer(0)));
        transaction.query("DELETE FROM tidewheel.statements WHERE id = $1", {row.text(0)});
    }
}

std::vector<std::string> left_over_states(Transaction& transaction, int view) {
    std::vector<std::string> tables;
    for (const Row& row :
         transaction.query("SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM "
                           "pg_class WHERE relnamespace = 'tidewheel'::regnamespace AND "
                           "obj_description(oid, 'pg_class') = $1 ORDER BY oid",
                           {mark_of(view)}))
        tables.push_back(row.text(0));
    return tables;
}

void drop_shadow(Transaction& transaction, int view) {
    retire_shadow(transaction, view);
    for (const std::string& table : left_over_states(transaction, view))
        transaction.run("DROP TABLE " + table);
}

void swap_shadow(Transaction& transaction, const Shadow& shadow, const ViewDefinition& definition) {
    const postgres::StoredStatement& view = definition.stored;
    point_at(transaction, definition, shadow.state_table);
    const std::vector<postgres::Parameter> both{text(view.id), text(shadow.id)};
    swap_dead_letters(transaction, shadow.id, view.id);
    swap_progress(transaction, both);
    transaction.query("DELETE FROM tidewheel.skipped WHERE statement_id = $1", {text(view.id)});
    transaction.query("UPDATE tidewheel.skipped SET statement_id = $1 WHERE statement_id = $2",
                      both);
    replace_statement(transaction, view);
    transaction.query(
        "UPDATE tidewheel.statements SET state_table = CASE id WHEN $1 THEN $3 ELSE $4 END WHERE "
        "id IN ($1, $2)",
        {text(view.id), text(shadow.id), shadow.state_table, view.state_table});
    mark_whole(transaction, view.id);
}

}  // namespace tidewheel::cli
