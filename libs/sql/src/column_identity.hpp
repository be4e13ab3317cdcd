#pragma once
#include <map>
#include <string>

#include "ast.hpp"
#include "reading.hpp"

namespace tidewheel::sql {

// Tells when two expressions are the same although one says store_id and the other e.store_id.
// PostgreSQL has checked at `apply` that an unqualified name is unambiguous, so it is the same
// column as a qualified one of that name.
class ColumnIdentity {
  public:
    ColumnIdentity(ast::Tree& tree, ast::Select& select, const Reading& reading);

    // One text for all ways to write the expression.
    std::string canonical(ast::Node& expression);

  private:
    void normalise(ast::ColumnRef& reference);

    ast::Tree& tree_;
    const Reading& reading_;
    std::map<std::string, ast::ColumnRef*> qualified_;  // by name, columns of other tables
};

}  // namespace tidewheel::sql
