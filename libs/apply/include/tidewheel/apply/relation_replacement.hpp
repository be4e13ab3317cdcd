#pragma once
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// What a relation carries besides its definition, for replacing it. Names are quoted.
namespace tidewheel::apply {

// Owner and grants of `to` become those of `from`.
void copy_rights(postgres::Transaction& transaction, const std::string& from,
                 const std::string& to);

// The publications that list the table by name. Throws Error: refused, when the current role may
// not add a table to one of them.
struct Publication {
    std::string name;       // quoted
    std::string columns;    // as " (…)"; empty: all
    std::string condition;  // as " WHERE (…)"; empty: none
};
std::vector<Publication> publications_of(postgres::Transaction& transaction,
                                         const std::string& table);
// `to` joins the publications that list `from`, and its own comment becomes that of `from`.
void copy_publications(postgres::Transaction& transaction, const std::string& from,
                       const std::string& to);
void copy_comment(postgres::Transaction& transaction, const std::string& from,
                  const std::string& to);

// Its storage options, as " WITH (…)"; empty: none. Neither CREATE TABLE (LIKE …) nor CREATE OR
// REPLACE VIEW keeps them.
std::string options_of(postgres::Transaction& transaction, const std::string& relation);

// Replaces the relation `name` by the one that `ddl` creates: owner, grants and comments stay.
// `kind`: FOREIGN TABLE, TABLE or VIEW. Throws DatabaseError where something else depends on the
// old one.
void recreate(postgres::Transaction& transaction, const std::string& kind,
              const sql::RelationName& name, const std::string& ddl);

}  // namespace tidewheel::apply
