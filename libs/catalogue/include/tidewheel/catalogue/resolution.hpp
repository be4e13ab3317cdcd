#pragma once
#include <string>

#include "tidewheel/postgres/session.hpp"
#include "tidewheel/sql/pipeline.hpp"

// What the names of a statement mean is PostgreSQL's to say, once: when it is applied.
namespace tidewheel::catalogue {

struct StoredStatement;

// A statement as PostgreSQL resolved it.
struct Resolution {
    // Its text, in which every relation, function, operator and type that is not PostgreSQL's own
    // is qualified, and every conversion is written out. Empty: not resolved yet.
    std::string text;
    // What of the above it rests on, as the text of an array: {"function public.f(integer)"}.
    std::string objects;
    bool operator==(const Resolution&) const = default;
};

// By the search path of the transaction. `name`: of the view, qualified. Throws DatabaseError where
// PostgreSQL doesn't take the statement. What it makes for that is undone.
Resolution resolve(postgres::Transaction& transaction, const sql::Statement& statement,
                   const sql::RelationName& name);

// Makes the statement's parts, its names qualified, out of its resolution. `streams`: that it may
// read.
void adopt(StoredStatement& stored, const std::vector<sql::Stream>& streams);

// Throws Error (refused) when the statement would not mean by its search path what it meant when it
// was applied: a function or an operator was created that comes before another.
void require_same_meaning(postgres::Transaction& transaction, const StoredStatement& stored);

// Throws Error (refused) when a role may create objects in a schema of the transaction's search
// path that could not run code as its users anyway: it is no superuser, is neither the owner of the
// schema or the database nor a member of that role, and may not apply pipelines. Names the schema,
// the role and the REVOKE.
void require_trusted_path(postgres::Transaction& transaction);

// Changes whenever an answer of these two may change: a function, an operator or a cast was
// created, altered or dropped, a right to create them or a membership was granted or revoked, or an
// owner or a superuser is another one.
std::string resolution_stamp(postgres::Connection& connection);

// For our own queries, which qualify what is not PostgreSQL's: users' functions and operators are
// not found by their names.
void look_nowhere_else(postgres::Connection& connection);
void look_nowhere_else(postgres::Session& session);

// The schemas in which this role finds names that have none, in order, whatever path the session
// has set.
std::vector<std::string> own_search_path(postgres::Transaction& transaction);

}  // namespace tidewheel::catalogue
