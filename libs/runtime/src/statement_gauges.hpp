#pragma once
#include <map>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/runtime/statement_program.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// What the catalogue says of the program's statements, as metrics: the dead letters that wait, and
// what `tidewheel verify` found last.
class StatementGauges {
  public:
    StatementGauges(const StatementProgram& program, telemetry::Metrics& metrics);
    void look(postgres::Connection& database);  // often; it asks every half minute

  private:
    std::map<int, std::string> names_of(postgres::Connection& database) const;
    void forget(const std::string& statement);

    const StatementProgram& program_;
    telemetry::Metrics& metrics_;
    Clock::Monotonic looked_at_;
    std::map<int, std::string> shown_;  // names by id
};

}  // namespace tidewheel::runtime
