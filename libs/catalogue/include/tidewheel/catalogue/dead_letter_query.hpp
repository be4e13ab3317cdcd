#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

// Which dead letters a command is about: one condition for all of `tidewheel dlq`.
namespace tidewheel::catalogue {

struct DeadLetterFilter {
    std::vector<std::int64_t> ids;                 // empty: any; so everywhere
    std::string reason, stream, statement, topic;  // stream: with its schema or without
    std::optional<int> partition;
    // What PostgreSQL reads as a timestamptz, or as an interval: so long ago.
    std::string since, until;
    bool discarded = false;            // discarded ones, too
    std::optional<std::int64_t> last;  // none that was parked after this one

    bool selects_all() const;
};

// An interval means so long ago: since and until become moments, so that they mean the same in
// every query that follows. The rest is fixed as well: dead letters that are parked later are left
// out, however long a user takes to confirm. Throws Error (setting) for a time that is wrong or
// ambiguous, and for unknown names.
DeadLetterFilter as_of_now(postgres::Connection& connection, DeadLetterFilter filter);

// A warning about numbers that select nothing. Not an error: an earlier run of the command may have
// dealt with them.
std::optional<std::string> missing_ids(postgres::Connection& connection,
                                       const DeadLetterFilter& filter);

// FROM dead letters d, their streams t and statements s.
extern const char* const from_dead_letters;
// SQL over them, for WHERE. Pure.
std::string condition_of(const DeadLetterFilter& filter);

// One partition's dead letters, in offset order: as many as make a good batch.
struct DeadLetterPage {
    int stream = 0;
    std::vector<std::int64_t> ids;

    std::string id_array() const;  // as a parameter of type bigint[]
};

// Reads which dead letters a filter selects, page by page: by stream, topic, partition and offset.
class DeadLetterPages {
  public:
    explicit DeadLetterPages(const DeadLetterFilter& filter);

    // nullopt: there are no more. After a failure it may be called again, by another connection.
    std::optional<DeadLetterPage> next(postgres::Connection& connection);

  private:
    std::string where_;
    std::string after_;  // a condition: after the last page
};

std::int64_t count(postgres::Connection& connection, const DeadLetterFilter& filter);

}  // namespace tidewheel::catalogue
