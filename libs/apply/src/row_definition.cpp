#include "row_definition.hpp"

#include "error_location.hpp"
#include "sink_step.hpp"
#include "tidewheel/apply/type_check.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/core/text.hpp"
#include "topic_sink.hpp"

namespace tidewheel::apply {
namespace {

using catalogue::StoredStatement;
using catalogue::StoredStream;

constexpr std::int64_t most_counted = 1000;  // of the rows that are in a table already

// Without ON CONFLICT, what an earlier statement stored from the topic would be stored twice.
void warn_of_rows(const DeploymentState& deployment, const sql::RowStatement& rows,
                  Deployed& done) {
    const std::string table = rows.target.quoted();
    if (rows.on_conflict != sql::OnConflict::none ||
        catalogue::is_sink(deployment.transaction, rows.target) ||
        !deployment.transaction.query("SELECT has_table_privilege($1, 'SELECT')", {table})[0]
             .boolean(0))
        return;
    const std::int64_t found = deployment.transaction
                                   .query("SELECT count(*) FROM (SELECT FROM " + table + " LIMIT " +
                                          std::to_string(most_counted) + ") AS found")[0]
                                   .integer(0);
    if (found == 0) return;
    done.warnings.push_back(rows.target.text() + " holds " + plural(found, "row") +
                            (found == most_counted ? " or more" : "") +
                            " already; this statement reads the topic from the start and adds "
                            "to them. TRUNCATE " +
                            table + " before the services run, if they came from this topic");
}

// apply creates a table that it has created before only after `tidewheel drop`.
std::string way_to(const DeploymentState& deployment, const sql::RelationName& table) {
    const sql::RelationName name = qualified(table, deployment.schema);
    for (const catalogue::AppliedObject& each : deployment.catalogue_rows.objects)
        if (each.object == "TABLE " + sql::label(name))
            return each.object + " was applied but no longer exists. " +
                   hint_to_restore_table(name, deployment.catalogue_rows);
    return "Add CREATE TABLE " + table.quoted() + " (…) before it.";
}

}  // namespace

void resolve_table(DeploymentState& deployment, sql::Statement& statement) {
    auto& rows = std::get<sql::RowStatement>(statement.body);
    prepare_outbox(deployment, statement);
    const auto found = deployment.transaction.query(
        "SELECT n.nspname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = "
        "c.relnamespace WHERE c.oid = to_regclass($1)",
        {rows.target.quoted()});
    if (found.empty())
        throw sql::PipelineError({diagnostic_at_word(
            deployment.files, statement, rows.target.name,
            "table " + rows.target.text() + " does not exist", way_to(deployment, rows.target))});
    if (found[0].text(1) != "r" && found[0].text(1) != "p")
        throw sql::PipelineError({diagnostic_at_word(deployment.files, statement, rows.target.name,
                                                     rows.target.text() + " is not a table")});
    rows.target.schema = found[0].text(0);
    check_rows_of_sink(deployment, statement);
}

void define_rows(DeploymentState& deployment, const StoredStream& stream, StoredStatement& stored,
                 Deployed& done) {
    resolve_table(deployment, stored.statement);
    check_text(deployment.transaction, deployment.files, stored.statement, stream.stream.name);
    settle_names(deployment.transaction, deployment.files, stored, deployment.declared_streams());
    check_rows(deployment.transaction, deployment.files, stream, stored);
    warn_of_rows(deployment, std::get<sql::RowStatement>(stored.statement.body), done);
}

}  // namespace tidewheel::apply
