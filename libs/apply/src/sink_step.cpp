#include "sink_step.hpp"

#include "error_location.hpp"
#include "files_sink.hpp"
#include "redis_sink.hpp"
#include "tidewheel/apply/dropped.hpp"
#include "tidewheel/catalogue/sinks.hpp"

namespace tidewheel::apply {
namespace {

using postgres::Transaction;

[[noreturn]] void refuse(const DeploymentState& deployment, const sql::Statement& statement,
                         const std::string& word, std::string what, std::string hint) {
    throw sql::PipelineError(
        {diagnostic_at_word(deployment.files, statement, word, std::move(what), std::move(hint))});
}

// In the statement's own words, which name what PostgreSQL has to find.
void check_interval(DeploymentState& deployment, const sql::Statement& statement,
                    const std::string& option, const std::string& value) {
    if (value.empty()) return;
    bool is_positive = false;
    try {
        in_savepoint(deployment.transaction, [&] {
            is_positive = deployment.transaction
                              .query(
                                  "SELECT $1::interval > interval '0' AND extract(epoch FROM "
                                  "$1::interval) < 1e10",
                                  {value})[0]
                              .boolean(0);
        });
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
    }
    if (!is_positive)
        refuse(deployment, statement, option, option + " '" + value + "' is not an interval",
               "Write it like '1 day' or '30 minutes'.");
}

// The table's name, qualified and quoted, once it is known to have what a subscriber needs.
std::string find_subscribers(DeploymentState& deployment, const sql::Statement& statement,
                             const std::string& table) {
    if (table.empty()) return {};
    postgres::Rows found;
    try {
        in_savepoint(deployment.transaction, [&] {
            found = deployment.transaction.query(
                "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), (SELECT count(*) "
                "FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('name', 'url') AND "
                "a.attnum > 0 AND NOT a.attisdropped) FROM pg_class c JOIN pg_namespace n ON n.oid "
                "= c.relnamespace WHERE c.oid = to_regclass($1)",
                {table});
        });
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
    }
    if (found.empty())
        refuse(deployment, statement, "subscribers", "table " + table + " does not exist",
               "Declare it before the sink: CREATE TABLE … (name text PRIMARY KEY, url text NOT "
               "NULL, …).");
    if (found[0].integer(1) != 2)
        refuse(deployment, statement, "subscribers",
               "table " + table + " has no columns name and url",
               "A subscriber has a name and a url; secret, start and active are optional columns.");
    return found[0].text(0);
}

void make(DeploymentState& deployment, const Change& change, const sql::Sink& sink,
          const sql::RelationName& name) {
    blame(deployment.files, change.statement, sink.as_table,
          [&] { deployment.transaction.run(sink.as_table); });
    catalogue::make_outbox(deployment.transaction, name);
}

}  // namespace

void deploy_sink(DeploymentState& deployment, const Change& change, Deployed&) {
    const auto& plain = std::get<sql::PlainStatement>(change.statement.body);
    const sql::Sink& sink = plain.sink.value();
    const sql::RelationName name = qualified(sink.name, deployment.schema);
    if (change.kind != ChangeKind::create && !exists(deployment.transaction, name))
        refuse(deployment, change.statement, name.name,
               "sink " + name.text() + " was dropped, and with it the rows that waited",
               "Run `tidewheel drop --cascade '" + change.object + "'`, then apply again.");
    if (change.kind == ChangeKind::unchanged) return;
    for (const char* option : {"retry_for", "keep", "roll_after", "ttl"})
        check_interval(deployment, change.statement, option, sink.option(option));
    if (sink.server == "files") check_files_sink(deployment, change, sink);
    if (sink.server == "redis") check_redis_sink(deployment, change, sink);
    const std::string subscribers =
        find_subscribers(deployment, change.statement, sink.option("subscribers"));
    if (change.kind == ChangeKind::create) make(deployment, change, sink, name);
    if (sink.server == "redis") complete_redis_sink(deployment, change, sink, name);
    catalogue::record_object(deployment.transaction, change.object, plain.kind,
                             catalogue::origin_of(change.statement));
    catalogue::record_sink(deployment.transaction, change.object, name, sink, subscribers);
}

void check_rows_of_sink(const DeploymentState& deployment, const sql::Statement& statement) {
    const auto& rows = std::get<sql::RowStatement>(statement.body);
    if (rows.on_conflict == sql::OnConflict::none ||
        !catalogue::is_sink(deployment.transaction, rows.target))
        return;
    refuse(deployment, statement, rows.target.name,
           (rows.merge ? "MERGE is not supported for sink "
                       : "ON CONFLICT is not supported in an INSERT into sink ") +
               rows.target.text(),
           std::string("Its table holds only what has not been delivered yet. ") +
               (rows.merge ? "Write an INSERT." : "Leave ON CONFLICT out."));
}

}  // namespace tidewheel::apply
