#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/apply/view_definition.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"

// What `rebuild` keeps in the database: beside the view a second statement, its shadow, with a
// state table and progress of its own, that only the rebuild runs and sees. It outlives a killed
// rebuild: the next one continues it.
namespace tidewheel::operate {

struct Shadow {
    int id = 0;
    std::string state_table;
};

// That of the view, if it is one of this very definition, by the stream's rules of today.
std::optional<Shadow> find_shadow(postgres::Transaction& transaction,
                                  const catalogue::StoredStatement& definition);

// A new one, empty. Owner and grants of its state table are those of the view's, and so are the
// indexes, unless the definition wants other columns. Its partitions begin where the topic does, by
// `beginnings`; what the topic lacks before is recorded as skipped.
Shadow make_shadow(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
                   const catalogue::StoredStatement& definition,
                   const std::map<int, std::int64_t>& beginnings);

// Removes any shadow of a view. Its state table is only marked as left over, which waits for no
// reader: it is to be dropped when it is no longer read.
void retire_shadow(postgres::Transaction& transaction, int view);
// The state tables that rebuilds of a view have left over, quoted.
std::vector<std::string> left_over_states(postgres::Transaction& transaction, int view);
// Drops all that rebuilds of a view have left. Waits for its readers.
void drop_shadow(postgres::Transaction& transaction, int view);

// The view becomes what the shadow was made from: its text, its state under the view that users
// read, its counters, dead letters and skipped offsets; and its progress, where the view reads
// other partitions than before. What is left of the shadow is the old state: retire_shadow().
void swap_shadow(postgres::Transaction& transaction, const Shadow& shadow,
                 const apply::ViewDefinition& definition);

}  // namespace tidewheel::operate
