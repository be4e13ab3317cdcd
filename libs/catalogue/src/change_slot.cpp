#include "tidewheel/catalogue/change_slot.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/backend_mark.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr std::size_t longest_name = 63;
constexpr int attempts = 50;
constexpr std::chrono::milliseconds between_attempts{100};

// SQL; `stream`, too.
std::string slot_name(const std::string& stream) {
    return "(SELECT 'tidewheel_' || oid || '_' FROM pg_database WHERE datname = "
           "current_database()) || " +
           stream;
}

}  // namespace

std::string publication_of(const sql::RelationName& stream) {
    const bool is_public = stream.schema.empty() || stream.schema == "public";
    std::string name = "tidewheel_" + (is_public ? "" : stream.schema + "_") + stream.name;
    std::size_t end = std::min(name.size(), longest_name);
    while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
        --end;
    return name.substr(0, end);
}

std::string slot_of(postgres::Connection& connection, int stream) {
    return connection.query("SELECT " + slot_name("$1::int"), {std::to_string(stream)})[0].text(0);
}

std::string feed_lock(const std::string& stream) {
    return "hashtextextended('tidewheel-changefeed', " + stream + ")";
}

std::vector<HeldWal> held_wal(postgres::Connection& connection) {
    std::vector<HeldWal> held;
    for (const postgres::Row& row : connection.query(
             "SELECT s.schema_name, s.name, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), "
             "r.restart_lsn), 0)::bigint, EXISTS (SELECT FROM " +
             std::string(postgres::advisory_locks) + " l WHERE l.key = " + feed_lock("s.id") +
             ") FROM tidewheel.streams s JOIN pg_replication_slots r ON r.slot_name = " +
             slot_name("s.id")))
        held.push_back({{row.text(0), row.text(1)}, row.integer(2), row.boolean(3)});
    return held;
}

std::optional<SlotState> find_slot(postgres::Connection& connection, const std::string& slot) {
    const postgres::Rows rows = connection.query(
        "SELECT active_pid, wal_status IS NOT DISTINCT FROM 'lost', "
        "coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint "
        "FROM pg_replication_slots WHERE slot_name = $1",
        {slot});
    if (rows.empty()) return std::nullopt;
    const postgres::Row& row = rows[0];
    return SlotState{
        row.is_null(0) ? std::nullopt : std::optional(static_cast<int>(row.integer(0))),
        row.boolean(1), row.integer(2)};
}

void drop_slot(postgres::Connection& connection, const std::string& slot) {
    for (int i = 0; i < attempts; ++i) {
        const auto state = find_slot(connection, slot);
        if (!state) return;
        if (!state->used_by) {
            connection.query("SELECT pg_drop_replication_slot($1)", {slot});
            return;
        }
        connection.query("SELECT pg_terminate_backend($1::int)", {std::to_string(*state->used_by)});
        std::this_thread::sleep_for(between_attempts);
    }
    throw Error(Error::Kind::unavailable, "replication slot " + slot + " is in use",
                "Stop tidewheel-changefeed, then run the command again.");
}

}  // namespace tidewheel::catalogue
