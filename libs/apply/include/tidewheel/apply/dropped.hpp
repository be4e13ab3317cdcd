#pragma once
#include <set>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/postgres/connection.hpp"

// What the catalogue knows and PostgreSQL no longer has: it was dropped with SQL.
namespace tidewheel::apply {

struct Dropped {
    std::set<int> streams;        // by id: their foreign tables, which hold nothing
    std::set<int> views, states;  // by statement: what users read, and what it is computed from
    std::set<int> targets;        // by statement: the table that an INSERT fills

    bool any() const;
};

Dropped find_dropped(postgres::Transaction& transaction);

// A sentence for each, with what to do.
std::vector<std::string> describe(const Dropped& dropped,
                                  const catalogue::CatalogueRows& catalogue_rows);

// The same, for all that was dropped.
std::vector<std::string> describe_dropped(postgres::Connection& connection);

// How to restore a table or a state table, and what is lost with it. Whole sentences.
std::string hint_to_restore_state(const catalogue::AppliedStatement& view);
std::string hint_to_restore_table(const sql::RelationName& table,
                                  const catalogue::CatalogueRows& catalogue_rows);

// Whether a relation that a plain statement has created exists, by the present search path.
bool exists(postgres::Transaction& transaction, const sql::RelationName& relation);

// Creates a stream's foreign table again, from the text that the catalogue has.
void restore_stream(postgres::Transaction& transaction, const sql::Stream& stream, bool is_foreign);

}  // namespace tidewheel::apply
