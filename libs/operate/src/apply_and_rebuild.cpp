#include "tidewheel/operate/apply_and_rebuild.hpp"

#include "tidewheel/apply/catalogue_owner_hint.hpp"
#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/operate/offset_reset.hpp"

namespace tidewheel::operate {
namespace {

using apply::DeploymentReport;

// One attempt. What it has learnt of topics outlives a failed one: they are made by then.
DeploymentReport apply_once(const Servers& servers, const apply::PipelineFiles& files,
                            const ApplyRequest& request, std::vector<apply::MissingTopic>& made) {
    const auto connection = servers.database.connect();
    kafka::Admin admin(servers.kafka);
    postgres::Transaction transaction(*connection);
    catalogue::limit_waits(transaction);
    DeploymentReport report = apply::deploy(transaction, admin, files,
                                            {.rebuild = request.rebuild,
                                             .allow_truncated_topic = request.allow_truncated_topic,
                                             .share = request.share});
    for (const apply::MissingTopic& topic : report.topics) {
        admin.create_topic(topic.topic, topic.partitions, topic.replication);
        made.push_back(topic);
    }
    // Late: no lane can be claimed until the commit.
    if (report.changed) catalogue::raise_version(transaction);
    // After the topics: services must not meet a stream without its topic.
    catalogue::commit_change(transaction);
    report.topics = made;
    return report;
}

DeploymentReport try_once(const Servers& servers, const apply::PipelineFiles& files,
                          const ApplyRequest& request) {
    const auto connection = servers.database.connect();
    kafka::Admin admin(servers.kafka);
    postgres::Transaction transaction(*connection);
    catalogue::limit_waits(transaction);
    DeploymentReport report =
        apply::deploy(transaction, admin, files,
                      {.rebuild = request.rebuild, .share = request.share, .dry_run = true});
    report.executions =
        executor::executions_of(transaction, catalogue::read_catalogue(transaction));
    return report;
}

DeploymentReport despite_locks(const Servers& servers,
                               const std::function<DeploymentReport()>& attempt) {
    DeploymentReport report;
    apply::with_owner_named(servers.database, [&] {
        catalogue::despite_locks(servers.database, [&] { report = attempt(); });
    });
    return report;
}

}  // namespace

DeploymentReport apply_files(const Servers& servers, const apply::PipelineFiles& files,
                             const ApplyRequest& request) {
    std::vector<apply::MissingTopic> topics;
    return despite_locks(servers, [&] { return apply_once(servers, files, request, topics); });
}

DeploymentReport try_files(const Servers& servers, const apply::PipelineFiles& files,
                           const ApplyRequest& request) {
    return despite_locks(servers, [&] { return try_once(servers, files, request); });
}

void recompute(const Servers& servers, const apply::Recomputation& recomputation,
               const ApplyRequest& request, const RebuildLimits& limits, ProgressSink& progress,
               std::stop_token stop, const std::function<void(const Rebuilt&)>& done) {
    if (!recomputation.rows.empty()) read_again(servers, recomputation.rows);
    for (const apply::ViewDefinition& view : recomputation.views) {
        const std::string& name = view.stored.statement.name;
        ViewRebuild rebuild(servers, {name, request.allow_truncated_topic}, limits, progress, stop,
                            view);
        rebuild.run();
        done({name, rebuild.records(), rebuild.left_over()});
    }
}

}  // namespace tidewheel::operate
