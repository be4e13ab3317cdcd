#pragma once
#include <functional>
#include <string>

#include "cli/pipeline_files.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::cli {

// A diagnostic at the place in the file where `offset` characters into the statement's text leads
// (0: its first character).
sql::Diagnostic diagnostic_at(const PipelineFiles& files, const sql::Statement& statement,
                              std::size_t offset, std::string what, std::string hint = {});
// At the first whole word `word` of the statement; at its start when the word isn't there.
sql::Diagnostic diagnostic_at_word(const PipelineFiles& files, const sql::Statement& statement,
                                   const std::string& word, std::string what,
                                   std::string hint = {});
// What PostgreSQL said about `executed`, in terms of the file. Where `executed` contains the
// statement's own text, the place is exact; where it was made from it, the word that PostgreSQL
// points at is looked for in the statement.
sql::Diagnostic diagnostic_of(const PipelineFiles& files, const sql::Statement& statement,
                              const postgres::DatabaseError& error, const std::string& executed);

// Whether the word stands anywhere in its text.
bool mentions(const sql::Statement& statement, const std::string& word);

// Runs the work inside a savepoint. What PostgreSQL refuses is undone and thrown on; `in_scratch`
// undoes it in any case.
void in_savepoint(postgres::Transaction& transaction, const std::function<void()>& work);
void in_scratch(postgres::Transaction& transaction, const std::function<void()>& work);

}  // namespace tidewheel::cli
