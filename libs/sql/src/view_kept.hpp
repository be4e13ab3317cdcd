#pragma once
#include <string>
#include <vector>

#include "ast.hpp"
#include "column_identity.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// What a view keeps for an aggregate.
enum class Keeping {
    state,   // a partial state that merges
    values,  // each value once, with how often it came: DISTINCT, WITHIN GROUP
    places,  // each row, with the place of its record: the result may depend on their order
};
Keeping keeping_of(const ast::FunctionCall& aggregate);

// The aggregates of a view whose values are kept.
class ViewKept {
  public:
    ViewKept(ast::Tree& tree, const StreamReference& stream_reference, ViewStatement& view,
             ColumnIdentity& identity, Refusals& refusals)
        : tree_(tree),
          stream_reference_(stream_reference),
          view_(view),
          identity_(identity),
          refusals_(refusals) {}

    // Puts the aggregate over what is kept in the place of the aggregate over the stream. Equal
    // values are kept once.
    void replace(ast::Node& aggregate, Keeping keeping);
    // Once the view's FROM, WHERE and keys are known.
    void write_by_record();
    // `select`: the view's, as SQL.
    void write_in_order(const std::string& select);

  private:
    bool is_refused(ast::FunctionCall& call);
    void refuse_row(ast::FunctionCall& call);
    std::vector<std::string> values_of(const ast::FunctionCall& call);
    std::size_t number_of(ast::FunctionCall& call, Keeping keeping);
    std::string from(std::size_t number, Keeping keeping) const;

    ast::Tree& tree_;
    const StreamReference& stream_reference_;
    ViewStatement& view_;
    ColumnIdentity& identity_;
    Refusals& refusals_;
    std::vector<Keeping> keeping_;  // by the view's `kept`
    std::size_t columns_ = 0;       // of values, in the state table
};

}  // namespace tidewheel::sql
