#pragma once
#include <string>
#include <variant>
#include <vector>

#include "tidewheel/engine/expression.hpp"
#include "tidewheel/executor/insert_target.hpp"

namespace tidewheel::executor {

// A table in which COPY stores rows as the statement's INSERT does, as long as the catalogue says
// the same of it.
struct CopyTarget {
    // Of InsertTarget::columns. A char(n) is a varchar here, with its own name.
    std::vector<engine::Type> types;
    // InsertTarget::conflict_key, as indexes into these. Empty: the statement doesn't fill all of
    // it, or it isn't known.
    std::vector<std::size_t> key;
};

// Asks for what the catalogue says of a table, and of its partitions, that the plan of an INSERT goes
// by: a text; NULL: there is no such table.
std::string table_state_query(const sql::RelationName& table);

// Unsupported is a table where COPY does something else, or is refused: it passes over rules, and
// triggers may see the difference. Changes the transaction's search path.
std::variant<CopyTarget, engine::Unsupported> copy_target(postgres::Transaction& transaction,
                                                          const sql::RowStatement& statement,
                                                          const InsertTarget& target);

}  // namespace tidewheel::executor
