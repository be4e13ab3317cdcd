#include "tidewheel/operate/shadow_view.hpp"

#include "tidewheel/apply/relation_replacement.hpp"
#include "tidewheel/apply/type_check.hpp"
#include "tidewheel/apply/view_definition.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/skipped_offsets.hpp"

namespace tidewheel::operate {
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

// Like the view's own, where that has the right columns: with indexes that a user may have added.
// (Only PostgreSQL knows the columns, so there has to be a table first.)
void create_like(Transaction& transaction, const catalogue::StoredStream& stream,
                 const catalogue::StoredStatement& shadow, const std::string& state_table) {
    apply::create_state(transaction, stream, shadow);
    if (apply::columns_of(transaction, shadow.state_table) ==
        apply::columns_of(transaction, state_table)) {
        transaction.run("DROP TABLE " + shadow.state_table);
        transaction.run("CREATE TABLE " + shadow.state_table + " (LIKE " + state_table +
                        " INCLUDING ALL)" + apply::options_of(transaction, state_table));
        transaction.run("ALTER TABLE " + shadow.state_table + " REPLICA IDENTITY FULL");
    }
    apply::copy_rights(transaction, state_table, shadow.state_table);
}

// The view misses what its shadow missed. Records before the shadow's beginning are nowhere else:
// their dead letters stay unchanged.
void swap_dead_letters(Transaction& transaction, int shadow, int view) {
    for (const Row& row : transaction.query(
             "SELECT p.topic, p.partition, coalesce(max(k.end_offset), 0) FROM tidewheel.progress "
             "p LEFT JOIN tidewheel.skipped k ON k.statement_id = $2 AND k.topic = p.topic AND "
             "k.partition = p.partition WHERE p.statement_id IN ($1, $2) GROUP BY 1, 2",
             {text(view), text(shadow)}))
        catalogue::forget_missed(transaction, view, row.text(0), static_cast<int>(row.integer(1)),
                                 row.integer(2));
    catalogue::take_dead_letters_of_shadow(transaction, view, shadow);
}

}  // namespace

std::optional<Shadow> find_shadow(Transaction& transaction,
                                  const catalogue::StoredStatement& definition) {
    const auto rows = transaction.query(
        "SELECT s.id, s.state_table FROM tidewheel.statements s JOIN tidewheel.streams t ON t.id = "
        "s.stream_id WHERE s.rebuilds = $1 AND s.fingerprint = $2 || ' ' || t.fingerprint AND "
        "EXISTS (SELECT FROM tidewheel.progress p WHERE p.statement_id = s.id) AND NOT EXISTS "
        "(SELECT FROM tidewheel.progress p WHERE p.statement_id = s.id AND p.missing_since IS NOT "
        "NULL)",
        {text(definition.id), definition.statement.fingerprint});
    if (rows.empty()) return {};
    return Shadow{static_cast<int>(rows[0].integer(0)), rows[0].text(1)};
}

Shadow make_shadow(Transaction& transaction, const catalogue::StoredStream& stream,
                   const catalogue::StoredStatement& definition,
                   const std::map<int, std::int64_t>& beginnings) {
    // Throws now what the swap would throw.
    apply::publications_of(transaction, definition.state_table);
    catalogue::StoredStatement stored = definition;
    stored.id = catalogue::next_statement_id(transaction);
    stored.state_table = apply::state_table_name(
        definition.statement.name + "_" + std::to_string(stored.id), stored.id);
    create_like(transaction, stream, stored, definition.state_table);
    stored.statement.name += " (rebuild)";
    catalogue::record_statement(transaction, stored, stream);
    catalogue::make_shadow_of(transaction, stored.id, definition.id);
    for (const auto& [partition, begin] : beginnings) {
        catalogue::begin_at(transaction, stored.id, stream.stream.topic, partition, begin);
        if (begin > 0)
            catalogue::note_skipped(transaction,
                                    {stored.id, stream.stream.topic, partition, 0, begin,
                                     "rebuilt from the records still available"});
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
        const int shadow = static_cast<int>(row.integer(0));
        catalogue::forget_missed(transaction, shadow);
        catalogue::forget_statement(transaction, shadow);
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

void swap_shadow(Transaction& transaction, const Shadow& shadow,
                 const apply::ViewDefinition& definition) {
    const catalogue::StoredStatement& view = definition.stored;
    apply::point_at(transaction, definition, shadow.state_table);
    // A subscriber reports a table that it doesn't have; it would not report one that left.
    apply::copy_publications(transaction, view.state_table, shadow.state_table);
    apply::copy_comment(transaction, view.state_table, shadow.state_table);
    swap_dead_letters(transaction, shadow.id, view.id);
    catalogue::take_progress_of_shadow(transaction, view.id, shadow.id);
    catalogue::take_skipped_of_shadow(transaction, view.id, shadow.id);
    catalogue::replace_statement(transaction, view);
    catalogue::swap_states(transaction, view.id, shadow.id);
    catalogue::mark_consistent(transaction, view.id);
}

}  // namespace tidewheel::operate
