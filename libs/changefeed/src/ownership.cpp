#include "ownership.hpp"

#include "tidewheel/catalogue/change_slot.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::changefeed {
namespace {

using namespace std::chrono_literals;

constexpr auto beat_every = 1s;
constexpr auto presumed_dead_after = 8s;

}  // namespace

Ownership::Ownership(std::string url, int stream, const Clock& clock)
    : url_(std::move(url)), key_(catalogue::feed_lock(std::to_string(stream))), clock_(clock) {}

// A lock on a table must not hold it up for long.
bool Ownership::try_to_take() {
    if (!connection_) {
        connection_ = std::make_unique<postgres::Connection>(url_, "tidewheel-changefeed");
        connection_->query("SET statement_timeout = '30s'");
        connection_->query("SET lock_timeout = '10s'");
    }
    if (connection_->query("SELECT pg_try_advisory_lock(" + key_ + ")")[0].boolean(0)) {
        other_.reset();
        return true;
    }
    look_at_owner();
    return false;
}

void Ownership::look_at_owner() {
    const postgres::Rows rows = connection_->query(
        "SELECT a.pid, a.pid || ' ' || a.backend_start, a.query_start::text FROM " +
        std::string(postgres::advisory_locks) +
        " l JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.key = " +
        key_ + " AND a.query_start IS NOT NULL");
    if (rows.empty()) return other_.reset();  // gone meanwhile, or of a role that we may not see
    const postgres::Row& row = rows[0];
    const auto now = clock_.now();
    if (!other_ || other_->session != row.text(1) || other_->asked_at != row.text(2)) {
        other_ = Other{row.text(1), row.text(2), now};
        return;
    }
    if (now - other_->since < presumed_dead_after) return;
    telemetry::log(telemetry::Level::warning, "takes over from a service that no longer answers",
                   {{"backend", row.text(0)}, {"asked_at", row.text(2)}});
    connection_->query("SELECT pg_terminate_backend($1::int)", {row.text(0)});
    other_.reset();
}

bool Ownership::beat() {
    const auto now = clock_.now();
    if (now - beaten_at_ < beat_every) return false;
    connection_->query("SELECT 1");
    beaten_at_ = now;
    return true;
}

}  // namespace tidewheel::changefeed
