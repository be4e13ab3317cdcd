#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/postgres/session.hpp"

// The table tidewheel.waiting: the record at which a statement waits in a partition, because
// PostgreSQL refuses it and it is not known yet whether the record is to blame (trial.hpp). The
// lane writes it outside of any batch, so that `tidewheel status` can name the record, and so that
// every owner of the statement knows for how long it has been refused.
namespace tidewheel::catalogue {

struct Waiting {
    int statement;
    std::int64_t offset;
    Clock::Monotonic since;
};

// A lane's place in the catalogue: its claim.
struct LaneClaim;

// Of the claim's statements, those that wait at an offset which they have not passed.
std::vector<Waiting> read_waiting(postgres::Session& session, const LaneClaim& claim);
// These statements wait at the offset from now on, or still. Does nothing once another owner has
// claimed them. Outside of a transaction.
void note_waiting(postgres::Session& session, const LaneClaim& claim,
                  const std::vector<int>& statements, std::int64_t offset,
                  const std::string& reason);
// Within the transaction that moves these statements to `next`, past what they waited at.
void forget_waiting(postgres::Session& session, const LaneClaim& claim,
                    const std::vector<int>& statements, std::int64_t next);

// The command that skips the record, and nothing else if the statements have come up to it.
std::string command_past(const std::vector<std::string>& statements, int partition,
                         std::int64_t offset);

}  // namespace tidewheel::catalogue
