#pragma once
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// The catalogue's own rows, as `apply` and `drop` compare and write them, inside their transaction.
// Services and the other commands read the catalogue through postgres::load_catalogue.
namespace tidewheel::cli {

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

struct AppliedStatement {
    int id = 0;
    std::string name;
    bool is_view = false;
    int stream_id = 0;
    sql::RelationName target;
    std::string state_table, search_path;
    bool is_paused = false;
    bool is_mixed = false;  // it was changed, and what it had stored before has stayed
    Origin origin;
};

struct AppliedObject {
    std::string object, kind;
    Origin origin;
};

struct Ledger {
    std::vector<AppliedStream> streams;
    std::vector<AppliedStatement> statements;
    std::vector<AppliedObject> objects;

    const AppliedStream* stream(const sql::RelationName& name) const;
    const AppliedStream* stream(int id) const;
    const AppliedStatement* statement(const std::string& name) const;
    const AppliedObject* object(const std::string& object) const;
};

// One `apply` or `drop` at a time, per database.
void lock_catalogue(postgres::Transaction& transaction);
Ledger read_ledger(postgres::Transaction& transaction);
// The streams of the catalogue, parsed again from their own text, with the schema they live in.
std::vector<sql::Stream> declared_streams(const Ledger& ledger);

Origin origin_of(const sql::Statement& statement);
int record_stream(postgres::Transaction& transaction, const postgres::StoredStream& stream,
                  const Origin& origin);
int next_statement_id(postgres::Transaction& transaction);
// The statement under its id, and a progress row, not begun, for each partition that it reads.
void record_statement(postgres::Transaction& transaction,
                      const postgres::StoredStatement& statement,
                      const postgres::StoredStream& stream);
// The definition of a statement, or of a stream, that is in the catalogue already.
void replace_statement(postgres::Transaction& transaction,
                       const postgres::StoredStatement& statement);
void replace_stream(postgres::Transaction& transaction, const postgres::StoredStream& stream,
                    const Origin& origin);
// What the statement has stored so far was made by other rules than what is to come. False: it has
// stored nothing yet.
bool mark_mixed(postgres::Transaction& transaction, int statement);
// The statement is as its rules of today would have made it, from the first record on.
void mark_whole(postgres::Transaction& transaction, int statement);
void record_object(postgres::Transaction& transaction, const std::string& object,
                   const std::string& kind, const Origin& origin);
void raise_version(postgres::Transaction& transaction);  // services notice

}  // namespace tidewheel::cli
