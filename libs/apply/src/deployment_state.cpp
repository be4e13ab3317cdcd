#include "deployment_state.hpp"

namespace tidewheel::apply {

using catalogue::StoredStatement;
using catalogue::StoredStream;

void DeploymentState::mark_restored(Deployed& done, const std::string& why) {
    done.kind = ChangeKind::restore;
    done.warnings.push_back(why + "; grants and comments that this file does not set are lost");
    restored_in = done.statement.position.file;
}

std::vector<sql::Stream> DeploymentState::declared_streams() const {
    std::vector<sql::Stream> all;
    for (const StoredStream& each : report.streams)
        all.push_back(each.stream);
    return all;
}

std::vector<const StoredStatement*> DeploymentState::views_of(const StoredStream& stream) const {
    std::vector<const StoredStatement*> views;
    for (const StoredStatement& each : report.continuous)
        if (each.stream_id == stream.id &&
            std::holds_alternative<sql::ViewStatement>(each.statement.body) &&
            !alteration.recomputation().next(each.id))
            views.push_back(&each);
    return views;
}

}  // namespace tidewheel::apply
