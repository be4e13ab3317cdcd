#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// The catalogue's own rows, as `apply` and `drop` compare and write them, inside their transaction:
// nothing else writes tidewheel.streams, tidewheel.statements and tidewheel.objects (lint).
// Services and the other commands read the catalogue through load_catalogue.
namespace tidewheel::catalogue {

struct Origin {  // what was applied, and from where
    std::string text, fingerprint, file;
    int line = 0;
};

struct AppliedStream {
    int id = 0;
    sql::RelationName name;
    std::string topic;
    int partitions = 0;
    bool is_foreign = true;
    Origin origin;
};

struct AppliedStatement : StatementColumns {
    std::string name;
    bool is_view = false;
    sql::RelationName target;
    bool is_inconsistent = false;  // it was changed, and what it had stored before was kept
    Origin origin;
    std::string home;  // the schema in which its apply created new relations
};

struct AppliedObject {
    std::string object, kind;
    Origin origin;
    int view = 0;  // an index that a pipeline declares on a view: the view's statement
};

// The name of the sink that the object is; nothing: it is none.
std::optional<sql::RelationName> sink_of(const AppliedObject& object);

struct CatalogueRows {
    std::vector<AppliedStream> streams;
    std::vector<AppliedStatement> statements;
    std::vector<AppliedObject> objects;
    std::vector<std::string> search_path;  // of the role that has read it

    const AppliedStream* stream(const sql::RelationName& name) const;
    const AppliedStream* stream(int id) const;
    const AppliedStatement* statement(const std::string& name) const;
    const AppliedStatement* statement(int id) const;
    // For a name that somebody has given: its schema may be left out. Throw Error (setting) where
    // it may be one of several. nullptr: there is none.
    const AppliedStatement* given_statement(const std::string& name) const;
    const AppliedStream* given_stream(const std::string& name) const;
    // The same with "sink " before it: a statement is mostly named like the sink that it fills.
    const AppliedObject* given_sink(const std::string& name) const;
    const AppliedObject* object(const std::string& object) const;
};

// One `apply` or `drop` at a time, per database.
void lock_catalogue(postgres::Transaction& transaction);
CatalogueRows read_catalogue_rows(postgres::Transaction& transaction);
// The streams of the catalogue, parsed again from their own text, with the schema they live in.
std::vector<sql::Stream> declared_streams(const CatalogueRows& catalogue_rows);

Origin origin_of(const sql::Statement& statement);
int record_stream(postgres::Transaction& transaction, const StoredStream& stream,
                  const Origin& origin);
int next_statement_id(postgres::Transaction& transaction);
// The statement under its id, and a progress row, not begun, for each partition that it reads.
void record_statement(postgres::Transaction& transaction, const StoredStatement& statement,
                      const StoredStream& stream);
// The definition of a statement, or of a stream, that is in the catalogue already.
void replace_statement(postgres::Transaction& transaction, const StoredStatement& statement);
void replace_stream(postgres::Transaction& transaction, const StoredStream& stream,
                    const Origin& origin);
// What its names mean, of a statement that has not been resolved yet.
void record_resolution(postgres::Transaction& transaction, int statement,
                       const Resolution& resolution);
void record_pause(postgres::Transaction& transaction, int statement, bool is_paused);
// Whether records come into the stream's topic. False: it was so already.
bool record_intake_pause(postgres::Transaction& transaction, int stream, bool is_paused);
// From now on other rules apply than to what the statement has stored so far. False: it has stored
// nothing yet.
bool mark_inconsistent(postgres::Transaction& transaction, int statement);
// All that the statement has stored follows its present rules, from the first record on.
void mark_consistent(postgres::Transaction& transaction, int statement);
void record_object(postgres::Transaction& transaction, const std::string& object,
                   const std::string& kind, const Origin& origin, int view = 0);
// Removes it with all that refers to it: progress, dead letters of its own.
void forget_statement(postgres::Transaction& transaction, int statement);
void forget_stream(postgres::Transaction& transaction, int stream);
void forget_object(postgres::Transaction& transaction, const std::string& object);

// A statement that was recorded becomes the shadow of a view, by which that is rebuilt. It is of no
// use once the view, or the stream, has another definition.
void make_shadow_of(postgres::Transaction& transaction, int shadow, int view);
// Each gets the state table of the other one.
void swap_states(postgres::Transaction& transaction, int one, int other);

void raise_version(postgres::Transaction& transaction);  // services notice

}  // namespace tidewheel::catalogue
