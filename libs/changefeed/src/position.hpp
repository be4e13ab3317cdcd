#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "tidewheel/postgres/lsn.hpp"

namespace tidewheel::changefeed {

using postgres::Lsn;

// How far a feed has come, as it is committed to Kafka with the records. Either its snapshot is
// under way; or it has sent all changes of the transactions that committed before `commit`, and the
// first `changes` of the one that committed there.
struct Position {
    static constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();

    bool in_snapshot = false;
    Lsn commit = 0;
    std::uint64_t changes = 0;

    // Whether it has been sent: the change with this number, from 0, of the transaction that
    // committed at `at`.
    bool covers(Lsn at, std::uint64_t number) const {
        return at < commit || (at == commit && number < changes);
    }

    std::string text() const;  // "1 snapshot", "1 changes 16/B374D848 all", "1 changes 0/1 500"
    // nullopt: it is not of a form that this version knows.
    static std::optional<Position> parse(const std::string& text);
    bool operator==(const Position&) const = default;
};

}  // namespace tidewheel::changefeed
