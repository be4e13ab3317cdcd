#pragma once
#include <map>
#include <string>
#include <vector>

#include "aggregates.hpp"
#include "ast.hpp"
#include "column_identity.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// The aggregates of a view, as partial states and what finishes them.
class ViewPartials {
  public:
    ViewPartials(ast::Tree& tree, const StreamReference& stream_reference, ViewStatement& view,
                 ColumnIdentity& identity, Refusals& refusals)
        : tree_(tree),
          stream_reference_(stream_reference),
          view_(view),
          identity_(identity),
          refusals_(refusals) {}

    // Puts the finish of an aggregate in its place, and what it keeps into the view's state. Equal
    // partial states are kept once. Refuses what no view can keep. `over_groups`: the view groups
    // the groups of the state again.
    void replace(ast::Node& aggregate, bool over_groups);
    // Every state table has at least one partial state, so that all of them merge alike.
    void count_rows_if_empty();

  private:
    bool is_refused(ast::Node& aggregate, const ast::FunctionCall& call, const Aggregate& kept);
    void refuse(ast::Node& aggregate, const std::string& what, const std::string& hint);
    std::string column_of(const PartialState& state, const ast::FunctionCall& call);
    static std::vector<std::string> arguments_of(const ast::FunctionCall& call);
    AggregateCall take_apart(const ast::FunctionCall& call);

    ast::Tree& tree_;
    const StreamReference& stream_reference_;
    ViewStatement& view_;
    ColumnIdentity& identity_;
    Refusals& refusals_;
    std::map<std::string, std::string> columns_;  // canonical call → its column in the state
};

}  // namespace tidewheel::sql
