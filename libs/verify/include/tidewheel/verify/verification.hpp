#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/core/progress_sink.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/verify/relation_comparison.hpp"
#include "tidewheel/verify/schema_lookup.hpp"

namespace tidewheel::verify {

// Which records are looked at. A part of them says less: rows that come from others can't be told
// from wrong ones, so that only rows that are missing are found.
struct Scope {
    std::optional<std::int64_t> since;  // from this time on, in milliseconds since 1970
    double share = 1;                   // a sample of them, by their offsets; 1: all

    bool is_part() const { return since || share < 1; }
};

enum class Verdict { equal, different, unchecked };

// "equal", "different" or "unchecked".
const char* word_of(Verdict verdict);

// The result for one stored relation (a view, or a table with all statements that insert into it).
struct Verified {
    std::vector<std::string> statements;
    std::string stored;
    Difference difference;
    bool compared = true;  // false: a sink, whose rows are gone once they are delivered
    // Expected rows that are not stored, where records that were not read may be the reason.
    std::int64_t unjudged = 0;
    std::vector<std::string> problems;  // a record that PostgreSQL judges differently, say
    // Why it can't be compared, or not completely: history that is gone, say.
    std::vector<std::string> obstacles;
    std::vector<std::string> notes;  // worth knowing, but no problem

    Verdict verdict(bool ignore_unexpected) const {
        if (!problems.empty() || difference.missing > 0) return Verdict::different;
        if (!ignore_unexpected && difference.unexpected > 0) return Verdict::different;
        return obstacles.empty() ? Verdict::equal : Verdict::unchecked;
    }
    bool equal(bool ignore_unexpected) const {
        return verdict(ignore_unexpected) == Verdict::equal;
    }
};

// What is verified: the statements of these names (none: all), and the others that insert into the
// same tables.
struct Request {
    std::vector<std::string> names;
    std::string since;  // a time, or an interval before now, as PostgreSQL reads them; empty: all
    double share = 1;   // of the records
};

// From where records come, and what they are written with.
struct Sources {
    kafka::ClientSettings kafka;
    SchemaLookup schemas;
};

// Throws Error: setting for an unknown name or time; refused for a search path that isn't safe.
std::vector<Verified> verify(const catalogue::Database& database, const Sources& sources,
                             const Request& request, ProgressSink& progress);

}  // namespace tidewheel::verify
