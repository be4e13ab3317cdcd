#pragma once
#include <cstdint>
#include <string>

#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::executor {

// PostgreSQL won't run a statement, and no row is to blame as far as is known: its table is gone,
// or something that one of its functions needs.
class StatementError : public Error {
  public:
    StatementError(const catalogue::StoredStatement& statement,
                   const postgres::DatabaseError& error)
        : StatementError(statement, error.what(), error.hint()) {}
    // …when it comes to this record.
    StatementError(const catalogue::StoredStatement& statement, const std::string& reason,
                   const std::string& hint, std::int64_t offset = -1)
        : Error(Kind::pipeline, "statement " + statement.statement.name + ": " + reason, hint),
          statement_(statement.id),
          offset_(offset),
          quarantined_{statement.statement.name, reason, hint} {}
    int statement() const { return statement_; }
    std::int64_t offset() const { return offset_; }  // -1: it fails over no record, too
    const QuarantinedStatement& quarantined() const { return quarantined_; }

  private:
    int statement_;
    std::int64_t offset_;
    QuarantinedStatement quarantined_;
};

// PostgreSQL refuses a record by the stream's own rules, and it can't be judged yet.
class RefusedRecord : public engine::UnjudgedRecord {
  public:
    RefusedRecord(const std::string& reason, const std::string& hint, std::int64_t offset)
        : UnjudgedRecord(reason, hint), offset_(offset) {}
    std::int64_t offset() const { return offset_; }

  private:
    std::int64_t offset_;
};

// Views that should share a pass can't (see view_script). The BatchExecutor takes note: after a
// rollback the same batch goes through.
class SharedPassError : public Error {
  public:
    explicit SharedPassError(const std::string& topic)
        : Error(Kind::unavailable, "the views of topic " + topic + " can't share a pass") {}
};

}  // namespace tidewheel::executor
