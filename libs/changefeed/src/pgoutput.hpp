#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidewheel/core/result.hpp"
#include "tidewheel/postgres/lsn.hpp"

// The messages of PostgreSQL's output plugin pgoutput, protocol version 1 (PostgreSQL's manual,
// "Logical Replication Message Formats"). Views are into the bytes that were parsed.
namespace tidewheel::changefeed {

using postgres::Lsn;

struct Begin {
    Lsn commit = 0;  // where the commit of this transaction is: rises from one to the next
    std::int64_t committed_at = 0;  // microseconds since 1970
    std::uint32_t transaction = 0;
};
struct Commit {
    Lsn commit = 0, end = 0;  // end: behind the commit
};
struct RelationColumn {
    bool in_identity = false;
    std::string name;
    std::uint32_t type = 0;  // pg_type.oid
    std::int32_t modifier = -1;
};
// Comes before the first change of a table, and before the first one after the table was altered.
struct Relation {
    std::uint32_t id = 0;  // pg_class.oid
    std::string schema, name;
    char identity = 'd';  // pg_class.relreplident
    std::vector<RelationColumn> columns;
};
struct Cell {
    enum class State : std::uint8_t { null, unchanged, text };  // unchanged: TOASTed, not sent
    State state = State::null;
    std::string_view text = {};
};
using Tuple = std::vector<Cell>;
struct Insert {
    std::uint32_t relation = 0;
    Tuple after;
};
// The row as it was, as far as the replica identity says it.
struct OldRow {
    bool is_whole = false;  // REPLICA IDENTITY FULL; else: the identity alone, all others null
    Tuple row;
};
struct Update {
    std::uint32_t relation = 0;
    std::optional<OldRow> before;  // nullopt: the identity has not changed
    Tuple after;
};
struct Delete {
    std::uint32_t relation = 0;
    OldRow before;
};
struct Truncate {
    std::vector<std::uint32_t> relations;
};
struct Unused {};  // an origin, a type, a message

using Message = std::variant<Unused, Begin, Commit, Relation, Insert, Update, Delete, Truncate>;

// Fails, with what is wrong, for bytes that are no such message.
Result<Message, std::string> parse_message(std::string_view bytes);

}  // namespace tidewheel::changefeed
