#pragma once
#include <map>
#include <string>

#include "ast.hpp"
#include "column_identity.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// GROUP BY of a view, as columns of its state.
class ViewKeys {
  public:
    ViewKeys(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference,
             ViewStatement& view, ColumnIdentity& identity, Refusals& refusals)
        : tree_(tree),
          select_(select),
          stream_reference_(stream_reference),
          view_(view),
          identity_(identity),
          refusals_(refusals) {}

    // Fills the view's keys: with GROUPING SETS, ROLLUP or CUBE all that occur in them. Refuses what
    // no state can be grouped by.
    void take();
    bool has_sets() const { return has_sets_; }
    // Puts columns of the state in the place of an item of GROUP BY, or of its parts.
    void point_at_state(ast::Node& item);
    // Puts the column of the state in the place of an expression that is a key; false: it is none.
    bool replace(ast::Node& expression) const;

  private:
    void add_key(ast::Node* item);
    ast::Node* resolve_key(ast::Node* item);
    ast::Node* resolve_ordinal(const ast::Constant& constant);
    ast::Node* resolve_alias(ast::Node* item, const ast::Target& target);
    bool refuse_aggregate_key(ast::Node& expression);
    bool refuse_constant_key(ast::Node& expression);

    ast::Tree& tree_;
    ast::Select& select_;
    const StreamReference& stream_reference_;
    ViewStatement& view_;
    ColumnIdentity& identity_;
    Refusals& refusals_;
    bool has_sets_ = false;
    std::map<std::string, std::string> columns_;  // canonical expression → its column in the state
};

}  // namespace tidewheel::sql
