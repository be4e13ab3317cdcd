#pragma once
#include <string>
#include <vector>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/apply/type_check.hpp"
#include "tidewheel/catalogue/catalogue.hpp"

namespace tidewheel::apply {

// tidewheel.state_<name>, quoted; by number where the name is too long for that.
std::string state_table_name(const std::string& statement, int id);

// SELECT … FROM (select), with the names and types of these columns. Merging can widen a type (a
// sum of sums of bigint is numeric), and users see the definition's own. A view over a sub-select
// is one that PostgreSQL doesn't write through, so nobody changes the state by an INSERT into the
// view.
std::string cast_to(const std::vector<ResultColumn>& columns, const std::string& select);

// What a view is, or is to become: under its id, with the state table that it has or will have.
struct ViewDefinition {
    catalogue::StoredStatement stored;
    std::vector<ResultColumn> columns;  // of the view that users read
    std::string basis;                  // basis_of() the view that it replaces
};

// What a view and its stream are by the catalogue: another text once one of them is changed. Empty:
// there is no such view.
std::string basis_of(postgres::Transaction& transaction, int view);

// The columns that the view has by its definition and the stream's types of today.
std::vector<ResultColumn> defined_columns(postgres::Transaction& transaction,
                                          const catalogue::StoredStream& stream,
                                          const catalogue::StoredStatement& statement);

// What the view becomes by another text, whose names this settles in `stored`. `streams`: all that
// it could mean. It is checked under the view's own name, which the view that there is makes way
// for meanwhile. Throws sql::PipelineError at the place in the file, and so does the next one.
ViewDefinition changed_definition(postgres::Transaction& transaction, const PipelineFiles& files,
                                  catalogue::StoredStatement& stored,
                                  const std::vector<sql::Stream>& streams);
// What it is by its own text, which was checked before: no user's view is touched.
ViewDefinition present_definition(postgres::Transaction& transaction, const PipelineFiles& files,
                                  const catalogue::StoredStream& stream,
                                  const catalogue::StoredStatement& stored);

// Whether the view that users read can have these columns and remain what it is.
bool keeps_columns(postgres::Transaction& transaction, const ViewDefinition& definition);

// The view that users read, by this definition, over this state table: grants, comments and options
// stay; dependents, too, unless a column goes or changes its type (then PostgreSQL refuses).
void point_at(postgres::Transaction& transaction, const ViewDefinition& definition,
              const std::string& state_table);

// The columns of the state that the view has, and of the one that its definition wants by the
// stream's types of today.
bool has_right_state(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
                     const catalogue::StoredStatement& statement);

// Makes an empty state table for the statement.
void create_state(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
                  const catalogue::StoredStatement& statement);

// Makes the state table and the view that users read, with exactly these columns, those of the
// definition (check_view).
// `others` are the stream's views so far, with which it may share a pass. Returns warnings. Throws
// sql::PipelineError where PostgreSQL says no.
std::vector<std::string> create_view(postgres::Transaction& transaction, const PipelineFiles& files,
                                     const catalogue::StoredStream& stream,
                                     const catalogue::StoredStatement& statement,
                                     const std::vector<ResultColumn>& columns,
                                     std::vector<const catalogue::StoredStatement*> others);

}  // namespace tidewheel::apply
