#include "pgoutput.hpp"

#include <chrono>
#include <stdexcept>

namespace tidewheel::changefeed {
namespace {

constexpr std::int64_t microseconds_1970_to_2000 =
    std::chrono::microseconds(std::chrono::hours(24) * 10957).count();

struct Malformed : std::runtime_error {
    using runtime_error::runtime_error;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : left_(bytes) {}

    template <class Integer>
    Integer integer() {
        Integer value = 0;
        for (const char byte : take(sizeof(Integer)))
            value = static_cast<Integer>(value << 8U | static_cast<unsigned char>(byte));
        return value;
    }
    char byte() { return take(1)[0]; }
    std::string_view take(std::size_t size) {
        if (size > left_.size()) throw Malformed("it ends too early");
        const std::string_view taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    std::string text() {
        const auto end = left_.find('\0');
        if (end == std::string_view::npos) throw Malformed("a name doesn't end");
        std::string taken(take(end));
        take(1);
        return taken;
    }
    void end() const {
        if (!left_.empty()) throw Malformed("it has more bytes than it says");
    }

  private:
    std::string_view left_;
};

Cell cell(Reader& reader) {
    switch (reader.byte()) {
        case 'n':
            return {};
        case 'u':
            return {Cell::State::unchanged};
        case 't':
            return {Cell::State::text, reader.take(reader.integer<std::uint32_t>())};
        default:
            throw Malformed("a value has an unknown form");
    }
}

Tuple tuple(Reader& reader) {
    Tuple cells(reader.integer<std::uint16_t>());
    for (Cell& each : cells)
        each = cell(reader);
    return cells;
}

OldRow old_row(Reader& reader, char kind) {
    if (kind != 'K' && kind != 'O') throw Malformed("a row is neither old nor new");
    return {kind == 'O', tuple(reader)};
}

Begin begin(Reader& reader) {
    Begin begin;
    begin.commit = reader.integer<std::uint64_t>();
    begin.committed_at = static_cast<std::int64_t>(reader.integer<std::uint64_t>() +
                                                   std::uint64_t{microseconds_1970_to_2000});
    begin.transaction = reader.integer<std::uint32_t>();
    return begin;
}

Commit commit(Reader& reader) {
    reader.byte();  // flags, of which there are none yet
    Commit commit;
    commit.commit = reader.integer<std::uint64_t>();
    commit.end = reader.integer<std::uint64_t>();
    reader.integer<std::uint64_t>();  // the time, as in Begin
    return commit;
}

Relation relation(Reader& reader) {
    Relation relation;
    relation.id = reader.integer<std::uint32_t>();
    relation.schema = reader.text();
    relation.name = reader.text();
    relation.identity = reader.byte();
    relation.columns.resize(reader.integer<std::uint16_t>());
    for (RelationColumn& column : relation.columns) {
        column.in_identity = (reader.byte() & 1) != 0;
        column.name = reader.text();
        column.type = reader.integer<std::uint32_t>();
        column.modifier = static_cast<std::int32_t>(reader.integer<std::uint32_t>());
    }
    return relation;
}

Insert insert(Reader& reader) {
    Insert insert{reader.integer<std::uint32_t>(), {}};
    if (reader.byte() != 'N') throw Malformed("an insert without a new row");
    insert.after = tuple(reader);
    return insert;
}

Update update(Reader& reader) {
    Update update{reader.integer<std::uint32_t>(), {}, {}};
    char kind = reader.byte();
    if (kind != 'N') {
        update.before = old_row(reader, kind);
        kind = reader.byte();
    }
    if (kind != 'N') throw Malformed("an update without a new row");
    update.after = tuple(reader);
    return update;
}

Delete deletion(Reader& reader) {
    const auto relation = reader.integer<std::uint32_t>();
    const char kind = reader.byte();
    return {relation, old_row(reader, kind)};
}

Truncate truncate(Reader& reader) {
    const auto count = reader.integer<std::uint32_t>();
    reader.byte();  // CASCADE, RESTART IDENTITY
    Truncate truncate;
    for (std::uint32_t i = 0; i < count; ++i)
        truncate.relations.push_back(reader.integer<std::uint32_t>());
    return truncate;
}

Message message(Reader& reader) {
    switch (reader.byte()) {
        case 'B':
            return begin(reader);
        case 'C':
            return commit(reader);
        case 'R':
            return relation(reader);
        case 'I':
            return insert(reader);
        case 'U':
            return update(reader);
        case 'D':
            return deletion(reader);
        case 'T':
            return truncate(reader);
        case 'O':
        case 'Y':
        case 'M':
            return Unused{};
        default:
            throw Malformed("its kind is unknown");
    }
}

}  // namespace

Result<Message, std::string> parse_message(std::string_view bytes) {
    try {
        Reader reader(bytes);
        Message parsed = message(reader);
        if (!std::holds_alternative<Unused>(parsed)) reader.end();
        return parsed;
    } catch (const Malformed& wrong) {
        return std::string(wrong.what());
    }
}

}  // namespace tidewheel::changefeed
