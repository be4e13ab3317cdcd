#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "planned_recomputation.hpp"
#include "tidewheel/apply/deployment.hpp"
#include "tidewheel/apply/view_definition.hpp"
#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::apply {

// Gives what exists another definition, inside apply's transaction. No batch that was made by the
// old one commits after it: the statements are already fenced. Throws sql::PipelineError where
// something can't be changed so.
class Alteration {
  public:
    Alteration(postgres::Transaction& transaction, kafka::Admin& admin, const PipelineFiles& files,
               const catalogue::CatalogueRows& catalogue_rows, const DeploymentOptions& options)
        : transaction_(transaction),
          admin_(admin),
          files_(files),
          catalogue_rows_(catalogue_rows),
          options_(options),
          recomputation_(transaction, admin, files, options) {}

    // `after` stands in the stream's place already.
    void stream(const sql::Statement& statement, const catalogue::StoredStream& before,
                const catalogue::StoredStream& after, Deployed& done);
    // These give the statement the id and the state table that it has in the catalogue. `others`:
    // views of the stream that it may share a pass with.
    void rows(const catalogue::StoredStream& stream, catalogue::StoredStatement& stored,
              Deployed& done);
    void view(const catalogue::StoredStream& stream, catalogue::StoredStatement& stored,
              std::vector<const catalogue::StoredStatement*> others, Deployed& done);
    // One whose text is as it was.
    void unchanged(const catalogue::StoredStream& stream, const catalogue::StoredStatement& stored);
    // After all of these: the statements that read a changed stream.
    void readers(const catalogue::Catalogue& catalogue, const sql::Pipeline& pipeline);

    // What remains to be done after the commit.
    const PlannedRecomputation& recomputation() const { return recomputation_; }

  private:
    std::vector<sql::Stream> streams_with(const catalogue::StoredStream& stream) const;
    void resolve_again(const catalogue::StoredStream& stream, catalogue::StoredStatement& stored);
    catalogue::StoredStatement as_it_was(const catalogue::StoredStream& stream,
                                         const catalogue::StoredStatement& stored) const;
    void reader(const catalogue::StoredStream& stream, catalogue::StoredStatement& stored);
    void passes(const catalogue::Catalogue& catalogue, const catalogue::StoredStream& stream);
    void replace(const catalogue::StoredStream& stream, const catalogue::StoredStatement& stored);
    void recompute(const catalogue::StoredStream& stream, const ViewDefinition& definition);
    void change_partitions(const catalogue::StoredStream& stream,
                           const catalogue::StoredStatement& stored,
                           const catalogue::StoredStatement& old);
    bool has_passed(int statement, int partition);
    const catalogue::StoredStream& before(const catalogue::StoredStream& stream) const;

    postgres::Transaction& transaction_;
    kafka::Admin& admin_;
    const PipelineFiles& files_;
    const catalogue::CatalogueRows& catalogue_rows_;
    const DeploymentOptions options_;
    std::map<int, catalogue::StoredStream> before_;  // changed streams as they were, by id
    std::set<int> done_;                             // statements that have been dealt with
    PlannedRecomputation recomputation_;
};

}  // namespace tidewheel::apply
