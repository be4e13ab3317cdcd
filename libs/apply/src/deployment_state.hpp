#pragma once
#include <string>
#include <vector>

#include "alteration.hpp"
#include "tidewheel/apply/deployment_report.hpp"
#include "tidewheel/apply/dropped.hpp"

namespace tidewheel::apply {

// One deployment while it runs: what its steps work on, and what they have done so far. A step for
// each kind of statement: stream_step, object_step, continuous_step.
struct DeploymentState {
    postgres::Transaction& transaction;
    const PipelineFiles& files;
    const catalogue::CatalogueRows& catalogue_rows;
    const std::string schema;  // where unqualified streams and views are made
    const bool can_use_server;
    const std::string search_path;
    Alteration alteration;
    const Dropped dropped;         // before this deployment
    std::string restored_in = {};  // the file in which something was restored
    DeploymentReport report = {};

    // Marks what had been dropped and was just restored.
    void mark_restored(Deployed& done, const std::string& why);
    // Those of the pipeline, and those that it reads, so far.
    std::vector<sql::Stream> declared_streams() const;
    // Of the same stream, so far, without those that are to be replaced after the commit.
    std::vector<const catalogue::StoredStatement*> views_of(
        const catalogue::StoredStream& stream) const;
};

}  // namespace tidewheel::apply
