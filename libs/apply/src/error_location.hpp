#pragma once
#include <functional>
#include <string>

#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::apply {

// A diagnostic at the place in the file where `offset` characters into the statement's text leads
// (0: its first character).
sql::Diagnostic diagnostic_at(const PipelineFiles& files, const sql::Statement& statement,
                              std::size_t offset, std::string what, std::string hint = {});
// At the first whole word `word` of the statement; at its start when it lacks the word.
sql::Diagnostic diagnostic_at_word(const PipelineFiles& files, const sql::Statement& statement,
                                   const std::string& word, std::string what,
                                   std::string hint = {});
// What PostgreSQL said about `executed`, in terms of the file. Where `executed` contains the
// statement's own text, the place is exact; where it was made from it, the word that PostgreSQL
// points at is looked for in the statement.
sql::Diagnostic diagnostic_of(const PipelineFiles& files, const sql::Statement& statement,
                              const postgres::DatabaseError& error, const std::string& executed);

// The mistake of a statement that PostgreSQL refuses. `executed`: as above; empty where none of the
// statement's own text was run: then it stands at the statement's start.
sql::PipelineError blamed(const PipelineFiles& files, const sql::Statement& statement,
                          const postgres::DatabaseError& error, const std::string& executed);

// Runs the work. What PostgreSQL refuses of it is the statement's mistake, a sql::PipelineError;
// what another attempt may get past remains a DatabaseError. The work may change `executed`.
template <class Work>
auto blame(const PipelineFiles& files, const sql::Statement& statement, const std::string& executed,
           Work&& work) {
    try {
        return work();
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        throw blamed(files, statement, error, executed);
    }
}

// Whether the word stands anywhere in its text.
bool mentions(const sql::Statement& statement, const std::string& word);

// Runs the work inside a savepoint. What PostgreSQL refuses is undone and thrown again;
// `in_scratch` undoes it in any case.
void in_savepoint(postgres::Transaction& transaction, const std::function<void()>& work);
void in_scratch(postgres::Transaction& transaction, const std::function<void()>& work);

}  // namespace tidewheel::apply
