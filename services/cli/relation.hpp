#pragma once
#include <string>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// What a relation carries besides its definition, for whoever makes it anew. Names are quoted.
namespace tidewheel::cli {

// Owner and grants of `to` become those of `from`.
void copy_rights(postgres::Transaction& transaction, const std::string& from,
                 const std::string& to);

// Its storage options, as " WITH (…)"; empty: none. Neither CREATE TABLE (LIKE …) nor CREATE OR
// REPLACE VIEW keeps them.
std::string options_of(postgres::Transaction& transaction, const std::string& relation);

// Puts the relation that `ddl` creates under `name` in the place of the one that is there: owner,
// grants and comments stay. `kind`: FOREIGN TABLE, TABLE or VIEW. Throws DatabaseError where
// something else depends on the old one.
void make_anew(postgres::Transaction& transaction, const std::string& kind,
               const sql::RelationName& name, const std::string& ddl);

}  // namespace tidewheel::cli
