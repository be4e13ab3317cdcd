#include "tidewheel/apply/dropped.hpp"

#include <algorithm>

#include "error_location.hpp"

namespace tidewheel::apply {
namespace {

using postgres::quote_name;
using postgres::Row;
using postgres::Transaction;

// to_regclass fails without USAGE on a schema; PostgreSQL's catalogue is open to every role.
constexpr const char* dropped_query = R"(
    SELECT 'stream', t.id FROM tidewheel.streams t
    WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname = t.schema_name AND c.relname = t.name)
    UNION ALL
    SELECT s.kind, s.id FROM tidewheel.statements s
    WHERE s.rebuilds IS NULL
          AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                          WHERE n.nspname = s.target_schema AND c.relname = s.target_name)
    UNION ALL
    SELECT 'state', s.id FROM tidewheel.statements s
    WHERE s.rebuilds IS NULL AND s.kind = 'view' AND to_regclass(s.state_table) IS NULL)";

// As `tidewheel drop` takes them: in quotes where a space is in them.
std::string as_arguments(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += name.find(' ') == std::string::npos ? " " + name : " '" + name + "'";
    return text;
}

// Objects are known with their schemas, public apart.
bool is_about(const std::string& object, const sql::RelationName& table) {
    sql::Statement statement;
    statement.text = object;
    const std::string label = sql::label(table);
    const bool elsewhere =
        label == table.name && object.find("." + table.name) != std::string::npos;
    return !elsewhere && mentions(statement, label);
}

}  // namespace

bool Dropped::any() const {
    return !streams.empty() || !views.empty() || !states.empty() || !targets.empty();
}

Dropped find_dropped(Transaction& transaction) {
    Dropped dropped;
    for (const Row& row : transaction.query(dropped_query)) {
        const int id = static_cast<int>(row.integer(1));
        const std::string& what = row.text(0);
        (what == "stream"  ? dropped.streams
         : what == "view"  ? dropped.views
         : what == "state" ? dropped.states
                           : dropped.targets)
            .insert(id);
    }
    return dropped;
}

std::string hint_to_restore_state(const catalogue::AppliedStatement& view) {
    return "Run `tidewheel drop " + view.name +
           "`, then apply again: the view is computed from what is left of the topic. Or restore "
           "the state table from a backup of the whole database.";
}

// Statements about the table must be run again with its CREATE TABLE.
std::string hint_to_restore_table(const sql::RelationName& table,
                                  const catalogue::CatalogueRows& catalogue_rows) {
    std::vector<std::string> objects, statements;
    for (const catalogue::AppliedObject& each : catalogue_rows.objects)
        if (is_about(each.object, table)) objects.push_back(each.object);
    for (const catalogue::AppliedStatement& each : catalogue_rows.statements)
        if (!each.is_view && each.target == table) statements.push_back(each.name);
    const std::string make = objects.empty()
                                 ? "Create it again (CREATE TABLE " + table.quoted() + " …)."
                                 : "Run `tidewheel drop" + as_arguments(objects) +
                                       "`, then apply again, which creates an empty table.";
    if (statements.empty()) return make;
    std::string filled;
    for (const std::string& each : statements)
        filled +=
            (filled.empty() ? "`" : " and `") + ("tidewheel reset " + each + " --to earliest`");
    return make + " Its rows come back from a backup, or with " + filled +
           ", which reads what is left of the topic again; the progress is unchanged.";
}

std::vector<std::string> describe(const Dropped& dropped,
                                  const catalogue::CatalogueRows& catalogue_rows) {
    std::vector<std::string> told;
    for (const catalogue::AppliedStream& each : catalogue_rows.streams)
        if (dropped.streams.contains(each.id))
            told.push_back("the foreign table of stream " + each.name.text() +
                           " was dropped: tidewheel apply creates it again");
    for (const catalogue::AppliedStatement& each : catalogue_rows.statements) {
        if (dropped.targets.contains(each.id))
            told.push_back("table " + each.target.text() + " of " + each.name + " was dropped. " +
                           hint_to_restore_table(each.target, catalogue_rows));
        if (dropped.states.contains(each.id))
            told.push_back("state table " + each.state_table + " of view " + each.name +
                           " was dropped. " + hint_to_restore_state(each));
        else if (dropped.views.contains(each.id))
            told.push_back("view " + each.target.text() + " of " + each.name +
                           " was dropped, but its state exists: tidewheel apply " +
                           each.origin.file + " creates it again");
    }
    return told;
}

std::vector<std::string> describe_dropped(postgres::Connection& connection) {
    Transaction transaction(connection);
    const Dropped dropped = find_dropped(transaction);
    return dropped.any() ? describe(dropped, catalogue::read_catalogue_rows(transaction))
                         : std::vector<std::string>();
}

bool exists(Transaction& transaction, const sql::RelationName& relation) {
    return !transaction.query("SELECT to_regclass($1)", {relation.quoted()})[0].is_null(0);
}

// The text says its name as its author wrote it.
void restore_stream(Transaction& transaction, const sql::Stream& stream, bool is_foreign) {
    const std::string before = transaction.query("SHOW search_path")[0].text(0);
    transaction.run("SET LOCAL search_path = " + quote_name(stream.name.schema) + ", " + before);
    transaction.run(is_foreign ? stream.as_foreign_table : stream.as_ordinary_table);
    transaction.run("SET LOCAL search_path = " + before);
}

}  // namespace tidewheel::apply
