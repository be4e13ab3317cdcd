#pragma once
#include <set>
#include <string>
#include <vector>

#include "ast.hpp"
#include "tidewheel/sql/pipeline.hpp"

// Names of relations and columns, between the parse tree and our structs.
namespace tidewheel::sql {

RelationName relation_name(const ast::RangeVar& range);
// The name that columns of this FROM item are qualified with.
std::string alias_of(const ast::RangeVar& range);

// A name of several parts, for messages: schema.function.
std::string dotted(ast::Nodes parts);

// What the names of a pipeline mean, as far as it has been read: the relations that the database
// has, and those that the statements so far declare.
class Names {
  public:
    Names(std::vector<Stream> known, Scope scope);

    // Where a relation of this name is created.
    RelationName created(const RelationName& name) const;
    // The relation that PostgreSQL finds by the name; where there is none, where it would be
    // created.
    RelationName resolve(const RelationName& name) const;
    // Whether there is a relation of this name, which is qualified.
    bool has(const RelationName& name) const;
    // The stream that a name in FROM means; nullptr: it is no stream's.
    const Stream* stream(const RelationName& name) const;
    // A stream of that name in whatever schema, for hints; nullptr: there is none.
    const Stream* namesake(const std::string& name) const;

    // A stream that is declared by an older text gives way to this one.
    void declare(const Stream& stream);
    void add(const RelationName& relation);

  private:
    std::vector<Stream> streams_;
    Scope scope_;
    std::set<RelationName> others_;  // relations that are no streams
};

bool has_column(const Stream& stream, const std::string& name);
std::vector<std::string> column_names(const Stream& stream);
// Whether it is the whole row of the stream, which stands in FROM at this place: e, e.*
bool is_row_of(const ast::Node& expression, const Stream& stream, const ast::RangeVar& place);

}  // namespace tidewheel::sql
