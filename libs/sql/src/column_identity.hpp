#pragma once
#include <map>
#include <string>

#include "ast.hpp"
#include "stream_reference.hpp"

namespace tidewheel::sql {

// Tells when two expressions are the same although one says store_id and the other e.store_id.
// PostgreSQL has checked at `apply` that an unqualified name is unambiguous, so it is the same
// column as a qualified one of that name.
class ColumnIdentity {
  public:
    ColumnIdentity(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference);

    // One text for all ways to write the expression.
    std::string canonical(ast::Node& expression);
    // SQL of the expression, in which a column of the stream has one name however the view wrote
    // it, so that views which share a pass know each other's keys: the bare name where the stream
    // is all of FROM, qualified in a join. As it stands where that might change what a name means.
    std::string text(ast::Node& expression);

  private:
    void normalise(ast::ColumnRef& reference);
    void rename(ast::ColumnRef& reference);

    ast::Tree& tree_;
    const StreamReference& stream_reference_;
    bool is_alone_;        // the stream is all of FROM
    bool is_unambiguous_;  // no USING, NATURAL or column list gives names of its own
    std::map<std::string, ast::ColumnRef*> qualified_;  // by name, columns of other tables
};

}  // namespace tidewheel::sql
