#pragma once
#include <string>
#include <vector>

#include "ast.hpp"
#include "tidewheel/sql/pipeline.hpp"

// Names of relations and columns, between the parse tree and our structs.
namespace tidewheel::sql {

RelationName relation_name(const ast::RangeVar& range);
// The name that columns of this FROM item are qualified with.
std::string alias_of(const ast::RangeVar& range);

// Whether two names may be the same relation: a missing schema matches any.
bool may_be_same(const RelationName& left, const RelationName& right);
// The stream that a name in FROM means; nullptr: none.
const Stream* find_stream(const std::vector<Stream>& streams, const RelationName& name);

bool has_column(const Stream& stream, const std::string& name);
std::vector<std::string> column_names(const Stream& stream);

}  // namespace tidewheel::sql
