#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/deployment.hpp"
#include "cli/view_creation.hpp"
#include "tidewheel/kafka/admin.hpp"

namespace tidewheel::cli {

// Gives what exists another definition, inside apply's transaction. No batch that was made by the
// old one commits after it: the statements are fenced off already. Throws sql::PipelineError where
// something can't be changed so.
class Redefinition {
  public:
    Redefinition(postgres::Transaction& transaction, kafka::Admin& admin,
                 const PipelineFiles& files, const Ledger& ledger, const DeploymentOptions& options)
        : transaction_(transaction),
          admin_(admin),
          files_(files),
          ledger_(ledger),
          options_(options) {}

    // `after` stands in the stream's place already.
    void stream(const sql::Statement& statement, const postgres::StoredStream& before,
                const postgres::StoredStream& after, Deployed& done);
    // These give the statement the id and the state table that it has in the catalogue. `others`:
    // views of the stream that it may share a pass with.
    void rows(const postgres::StoredStream& stream, postgres::StoredStatement& stored,
              Deployed& done);
    void view(const postgres::StoredStream& stream, postgres::StoredStatement& stored,
              std::vector<const postgres::StoredStatement*> others, Deployed& done);
    // One whose text is as it was.
    void unchanged(const postgres::StoredStream& stream, const postgres::StoredStatement& stored);
    // Behind all of these: whoever reads a changed stream.
    void readers(const postgres::Catalogue& catalogue, const sql::Pipeline& pipeline);

    // Whether the statement's present definition is soon to be another one.
    bool is_to_come(int statement) const;
    Recomputation recomputation() const;
    const std::vector<std::string>& notes() const { return notes_; }

  private:
    ViewDefinition define(const postgres::StoredStatement& stored);
    ViewDefinition as_it_is(const postgres::StoredStream& stream,
                            const postgres::StoredStatement& stored);
    postgres::StoredStatement as_it_was(const postgres::StoredStream& stream,
                                        const postgres::StoredStatement& stored) const;
    void reader(const postgres::StoredStream& stream, const postgres::StoredStatement& stored);
    void passes(const postgres::Catalogue& catalogue, const postgres::StoredStream& stream);
    void replace(const postgres::StoredStream& stream, const postgres::StoredStatement& stored);
    void compute_anew(const postgres::StoredStream& stream, const ViewDefinition& definition);
    void read_again(const postgres::StoredStream& stream, const postgres::StoredStatement& stored);
    void settle_partitions(const postgres::StoredStream& stream,
                           const postgres::StoredStatement& stored,
                           const postgres::StoredStatement& old);
    void note_passed(int statement, const std::string& topic, int partition, std::int64_t end,
                     const std::string& reason);
    bool has_passed(int statement, int partition);
    const postgres::StoredStream& before(const postgres::StoredStream& stream) const;
    void require_whole_topic(const postgres::StoredStream& stream, const sql::Statement& statement);

    postgres::Transaction& transaction_;
    kafka::Admin& admin_;
    const PipelineFiles& files_;
    const Ledger& ledger_;
    const DeploymentOptions options_;
    std::map<int, postgres::StoredStream> before_;  // changed streams as they were, by id
    std::set<int> done_;                            // statements that have been judged
    std::vector<ViewDefinition> definitions_;       // to be computed anew
    std::set<std::string> rows_;                    // to read their topic again
    std::vector<std::string> notes_;
};

}  // namespace tidewheel::cli
