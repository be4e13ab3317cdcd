#pragma once
#include <set>
#include <string>
#include <vector>

#include "tidewheel/apply/deployment.hpp"

namespace tidewheel::apply {

// What a deployment leaves to be done after its commit: views to be computed from their topic,
// INSERTs to read theirs again. Each is tried now, while apply can still refuse it. Both
// add…() throw sql::PipelineError at the statement's place in the file.
class PlannedRecomputation {
  public:
    PlannedRecomputation(postgres::Transaction& transaction, kafka::Admin& admin,
                         const PipelineFiles& files, const DeploymentOptions& options)
        : transaction_(transaction), admin_(admin), files_(files), options_(options) {}

    void add_view(const catalogue::StoredStream& stream, const ViewDefinition& definition);
    // Only where reading twice stores nothing twice; else a note says why not.
    void add_rows(const catalogue::StoredStream& stream, const catalogue::StoredStatement& stored);

    const ViewDefinition* next(int view) const;  // what it will be; nullptr: what it is
    Recomputation all() const;                   // by what the catalogue holds at the end
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    void require_whole_topic(const catalogue::StoredStream& stream,
                             const sql::Statement& statement);

    postgres::Transaction& transaction_;
    kafka::Admin& admin_;
    const PipelineFiles& files_;
    const DeploymentOptions options_;
    std::vector<ViewDefinition> views_;
    std::set<std::string> rows_;
    std::vector<std::string> notes_;
};

}  // namespace tidewheel::apply
