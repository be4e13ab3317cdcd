#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tidewheel/apply/deployment.hpp"
#include "tidewheel/catalogue/share.hpp"
#include "tidewheel/operate/servers.hpp"
#include "tidewheel/operate/view_rebuild.hpp"

// Brings the servers to what pipeline files say.
namespace tidewheel::operate {

struct ApplyRequest {
    bool rebuild = false;                // recompute what changes, or changed earlier
    bool allow_truncated_topic = false;  // even if a topic has lost records
    // Of the topics' partitions; none: the one that the database has.
    std::optional<catalogue::Share> share = {};
};

// Applies the files: one transaction, and the topics that are missing. All of it, or nothing is
// changed (an empty topic may remain). Throws sql::PipelineError, Error.
apply::DeploymentReport apply_files(const Servers& servers, const apply::PipelineFiles& files,
                                    const ApplyRequest& request);
// Does all that apply_files() would do, and rolls it back.
apply::DeploymentReport try_files(const Servers& servers, const apply::PipelineFiles& files,
                                  const ApplyRequest& request);

struct Rebuilt {
    std::string view;
    std::int64_t records = 0;
    std::vector<std::string> left_over;  // state tables that are kept for now, and why
};

// What a report asks for that takes time: statements read their topics again, views are rebuilt.
// Killed in between, the next apply with `rebuild` does all of it: the catalogue knows what it was
// changed under. `done` is called for each view.
void recompute(const Servers& servers, const apply::Recomputation& recomputation,
               const ApplyRequest& request, const RebuildLimits& limits, ProgressSink& progress,
               std::stop_token stop, const std::function<void(const Rebuilt&)>& done);

}  // namespace tidewheel::operate
