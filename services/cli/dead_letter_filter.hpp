#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

namespace CLI {
class App;
}

// Which dead letters a command is about: one set of flags, one condition, for all of `tidewheel
// dlq`.
namespace tidewheel::cli {

struct DeadLetterFilter {
    std::vector<std::int64_t> ids;                 // empty: any; so everywhere
    std::string reason, stream, statement, topic;  // stream: with its schema or without
    std::optional<int> partition;
    std::string since, until;  // what PostgreSQL reads as a timestamptz, or as an interval: so long
                               // ago
    bool discarded = false;    // those that were given up, too
    std::optional<std::int64_t> last;  // no letter that came after this one

    bool selects_all() const;
};

void add_filter_options(CLI::App& command, DeadLetterFilter& filter);
// The same, with IDs as arguments.
void add_filter_options_and_ids(CLI::App& command, DeadLetterFilter& filter);

// 'An hour ago' is what people mean by an interval: since and until become moments, so that they
// mean the same in every query that follows. So does the rest: letters that come later are left
// out, however long a human thinks about those that there were. Throws Error (setting) for what is
// no time, or could be another one than its author thinks, and for names that nothing bears.
DeadLetterFilter as_of_now(postgres::Connection& connection, DeadLetterFilter filter);

// A warning of numbers that select nothing: a command that is run again may have been through with
// them, so it is no error.
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

// Reads which letters a filter selects, page by page: by topic, partition and offset.
class DeadLetterPages {
  public:
    explicit DeadLetterPages(const DeadLetterFilter& filter);

    // nullopt: there are no more. After a failure it may be called again, by another connection.
    std::optional<DeadLetterPage> next(postgres::Connection& connection);

  private:
    std::string where_;
    std::string after_;  // a condition: behind the last page
};

}  // namespace tidewheel::cli
