#include "stream_step.hpp"

#include <algorithm>

#include "changes_step.hpp"
#include "error_location.hpp"
#include "ingress_check.hpp"
#include "stream_check.hpp"
#include "tidewheel/apply/relation_replacement.hpp"
#include "topic_sink.hpp"

namespace tidewheel::apply {
namespace {

using catalogue::StoredStream;

const std::string& ddl_of(const StoredStream& stored) {
    return stored.is_foreign ? stored.stream.as_foreign_table : stored.stream.as_ordinary_table;
}

void resolve(DeploymentState& deployment, StoredStream& stored) {
    stored.schema = catalogue::resolve_schema(deployment.transaction, stored.stream);
    stored.checks = catalogue::resolve_checks(deployment.transaction, stored.stream.name);
    stored.share = catalogue::read_share(deployment.transaction);
}

void resolve_mapped(DeploymentState& deployment, const sql::Statement& statement,
                    StoredStream& stored, Deployed& done) {
    try {
        resolve(deployment, stored);
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::pipeline) throw;
        throw sql::PipelineError(
            {diagnostic_at(deployment.files, statement, 0, error.what(), error.hint())});
    }
    check_sources(deployment.files, statement, stored.schema);
    check_ingress(deployment.files, statement, stored);
    check_stream(deployment.transaction, deployment.files, statement, stored.stream.name);
    deploy_changes(deployment, statement, stored, done);
}

// Its table was made again when the streams were loaded.
void report_restored(DeploymentState& deployment, const Change& change, Deployed& done) {
    const auto& name = std::get<sql::Stream>(change.statement.body).name;
    const catalogue::AppliedStream* applied =
        deployment.catalogue_rows.stream(qualified(name, deployment.schema));
    if (applied && deployment.dropped.streams.contains(applied->id))
        deployment.mark_restored(done, "its foreign table had been dropped");
}

void change_stream(DeploymentState& deployment, const Change& change, StoredStream& stored,
                   Deployed& done) {
    StoredStream& current = *std::find_if(
        deployment.report.streams.begin(), deployment.report.streams.end(),
        [&](const StoredStream& each) { return each.stream.name == stored.stream.name; });
    require_same_changes(deployment.files, change.statement, current, stored);
    stored.id = current.id;
    stored.is_foreign = current.is_foreign;
    const std::string& ddl = ddl_of(stored);
    blame(deployment.files, change.statement, ddl, [&] {
        recreate(deployment.transaction, stored.is_foreign ? "FOREIGN TABLE" : "TABLE",
                 stored.stream.name, ddl);
    });
    resolve_mapped(deployment, change.statement, stored, done);
    change_outbox(deployment, change.statement, current, stored);
    deployment.alteration.stream(change.statement, current, stored, done);
    current = stored;
}

}  // namespace

void load_streams(DeploymentState& deployment) {
    const std::vector<sql::Stream> declared =
        catalogue::declared_streams(deployment.catalogue_rows);
    for (std::size_t i = 0; i < declared.size(); ++i) {
        StoredStream stored{deployment.catalogue_rows.streams[i].id,
                            declared[i],
                            deployment.catalogue_rows.streams[i].is_foreign,
                            {},
                            {}};
        if (deployment.dropped.streams.contains(stored.id)) {
            restore_stream(deployment.transaction, stored.stream, stored.is_foreign);
            deployment.report.changed = true;
        }
        resolve(deployment, stored);
        deployment.report.streams.push_back(std::move(stored));
    }
}

void deploy_stream(DeploymentState& deployment, const Change& change, Deployed& done) {
    if (change.kind == ChangeKind::unchanged) return report_restored(deployment, change, done);
    StoredStream stored{
        0, std::get<sql::Stream>(change.statement.body), deployment.can_use_server, {}, {}};
    if (stored.stream.name.schema.empty()) stored.stream.name.schema = deployment.schema;
    if (change.kind == ChangeKind::change) return change_stream(deployment, change, stored, done);
    const std::string& ddl = ddl_of(stored);
    blame(deployment.files, change.statement, ddl, [&] { deployment.transaction.run(ddl); });
    resolve_mapped(deployment, change.statement, stored, done);
    stored.id = catalogue::record_stream(deployment.transaction, stored,
                                         catalogue::origin_of(change.statement));
    if (!deployment.can_use_server)
        done.warnings.push_back(
            "this role may not use a foreign server kafka: the stream becomes an empty ordinary "
            "table, which works as well");
    deployment.report.streams.push_back(std::move(stored));
}

const StoredStream& stream_of(DeploymentState& deployment, const sql::Statement& statement) {
    for (const StoredStream& each : deployment.report.streams)
        if (each.stream.name == *statement.stream) return each;
    throw sql::PipelineError(
        {diagnostic_at_word(deployment.files, statement, statement.stream->name,
                            "stream " + statement.stream->text() + " does not exist")});
}

}  // namespace tidewheel::apply
