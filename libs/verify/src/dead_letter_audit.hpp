#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::verify {

// What was found out about a stream: problems, and notes.
struct Findings {
    std::vector<std::string> problems, notes;
};

// A stream's dead letters against its records in pg_temp.tidewheel_raw: whether they hold the
// records' own bytes, and whether PostgreSQL refuses those that the stream's rules made. What a
// statement refused is tried after its replay (replay.hpp). Leaves pg_temp.tidewheel_parked
// (partition, offset, reason, is_discarded, is_older, fault), a row for each dead letter of the
// stream's own rules; fault: why PostgreSQL refuses the record, NULL when it doesn't.
class DeadLetterAudit {
  public:
    DeadLetterAudit(postgres::Session& session, const catalogue::StoredStream& stream)
        : session_(session), stream_(stream) {}

    Findings run();

  private:
    void compare_bytes();
    void count_other_records();
    void judge();
    void find_good_records();
    std::string of_record() const;
    std::string text_of(const postgres::Row& place_and_reason) const;

    postgres::Session& session_;
    const catalogue::StoredStream& stream_;
    Findings findings_;
};

}  // namespace tidewheel::verify
