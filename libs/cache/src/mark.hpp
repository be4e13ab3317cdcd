#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace tidewheel::cache {

// How far a lane has come: the last row that is in Redis. The generation is another one whenever
// all rows are written again; the time tells rows with one number apart, if the database was
// restored from a backup and has given the number again.
struct Mark {
    std::string generation;
    std::int64_t seq = 0;
    std::int64_t stored_at = 0;  // microseconds since 1970
    bool operator==(const Mark&) const = default;
};

std::string text_of(const Mark& mark);
std::optional<Mark> parse_mark(const std::string& text);

// What stands beside the position in PostgreSQL.
struct Note {
    std::string generation;
    std::int64_t stored_at = 0;
    std::int64_t until = 0;  // after a rewind: so far the lane had come before
    bool operator==(const Note&) const = default;
};

std::string text_of(const Note& note);
Note parse_note(const std::string& text);  // of none: ''

// One that no lane had before. `form`: what makes a row's key and value; see form_of().
std::string new_generation(const std::string& form);
std::string form_of(const std::string& generation);

}  // namespace tidewheel::cache
