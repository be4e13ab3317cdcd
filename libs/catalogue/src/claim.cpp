#include "tidewheel/catalogue/claim.hpp"

#include <algorithm>

#include "tidewheel/catalogue/catalogue_lock.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/skipped_offsets.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/postgres/sql_text.hpp"
#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/postgres/wait_limits.hpp"

namespace tidewheel::catalogue {
namespace {

using namespace std::chrono_literals;

// The statement's last record, because it proves that the log is the same one; if it still exists.
std::int64_t start_of(const postgres::Row& row, const LaneClaim& lane) {
    const std::int64_t next = row.integer(0);
    if (row.is_null(1)) return next;
    const std::int64_t last = row.integer(1);
    return last < next && last >= lane.first.value_or(0) ? last : next;
}

// Locked until the claim is committed: a change of what the lanes do raises the version first, and
// so waits for this claim or makes it fail.
void require_version(postgres::Transaction& transaction, std::int64_t version) {
    try {
        transaction.query(std::string("SELECT pg_advisory_xact_lock_shared(") + version_lock + ")");
        if (transaction.query("SELECT version FROM tidewheel.catalogue").at(0).integer(0) ==
            version)
            return;
    } catch (const postgres::DatabaseError& error) {
        if (!postgres::is_lock_timeout(error)) throw;  // no owner's lock: no backend to end for it
        throw Error(Error::Kind::unavailable, "the catalogue is being changed");
    }
    throw Error(Error::Kind::unavailable, "the catalogue has just changed");
}

// Those of the lane's statements that have no progress. Records that the log has lost before are
// nothing that they have applied.
void begin(postgres::Transaction& transaction, const LaneClaim& lane, const postgres::Rows& rows) {
    begin_unread(transaction, lane, *lane.first);
    for (const postgres::Row& row : rows)
        if (row.is_null(0))
            note_passed(transaction, static_cast<int>(row.integer(2)), lane.topic, lane.partition,
                        *lane.first, "the topic began there");
}

void claim_all(postgres::Connection& connection, const Claimant& claimant,
               std::vector<LaneClaim>& lanes, std::int64_t catalogue_version) {
    postgres::Transaction transaction(connection);
    // A claimer that freezes here must not keep the next one out for ever.
    postgres::limit_waits(transaction, 3s, 8s);
    require_version(transaction, catalogue_version);
    for (LaneClaim& lane : lanes) {
        lane.epoch = transaction.query("SELECT nextval('tidewheel.epoch')").at(0).integer(0);
        add_unread(transaction, lane);
        const postgres::Rows rows = take_over(transaction, lane, claimant);
        if (rows.size() != lane.statements.size())
            throw Error(Error::Kind::unavailable,
                        "the catalogue has just changed: a statement of topic " + lane.topic +
                            " was dropped or stopped");
        std::vector<std::int64_t> offsets;
        for (const postgres::Row& row : rows)
            if (!row.is_null(0)) offsets.push_back(start_of(row, lane));
        if (offsets.size() < rows.size()) {
            if (!lane.first)
                throw Error(Error::Kind::unavailable, "the catalogue has just changed");
            offsets.push_back(*lane.first);
            begin(transaction, lane, rows);
        }
        lane.start = *std::min_element(offsets.begin(), offsets.end());
    }
    failpoint("in_claim");
    transaction.commit();
}

// The claims of the lanes' previous owners: PostgreSQL's array of their epochs.
std::string epochs_of(postgres::Connection& connection, const std::vector<LaneClaim>& lanes) {
    std::vector<postgres::Parameter> epochs;
    for (const LaneClaim& lane : lanes)
        for (const postgres::Row& row : connection.query(
                 "SELECT DISTINCT epoch FROM tidewheel.progress WHERE statement_id = ANY "
                 "($1::integer[]) AND topic = $2 AND partition = $3::integer",
                 {postgres::id_array(lane.statements), lane.topic, std::to_string(lane.partition)}))
            epochs.emplace_back(row.text(0));
    return postgres::array_literal(epochs);
}

// Ends the backends that apply a batch under these epochs. Nothing else would release their locks
// in the middle of a frozen COPY: no timeout reaches a client that is stopped there. They can no
// longer commit, whether they end or not. False: there are none.
bool end_batches(postgres::Connection& connection, const std::string& epochs) {
    bool found = false;
    const std::string of_mark =
        std::string(" FROM ") + postgres::advisory_locks + " l WHERE l.key = ";
    for (const postgres::Row& row :
         connection.query("SELECT l.pid, l.key FROM unnest($1::bigint[]) epoch JOIN " +
                              std::string(postgres::advisory_locks) +
                              " l ON l.key = " + postgres::batch_mark("epoch"),
                          {epochs})) {
        found = true;
        try {
            connection.query("SELECT pg_terminate_backend(l.pid)" + of_mark +
                                 "$2::bigint AND l.pid = $1::integer",
                             {row.text(0), row.text(1)});
        } catch (const postgres::DatabaseError& error) {
            if (error.sqlstate() != postgres::sqlstate::insufficient_privilege)
                throw;  // another role's: it will end by its own timeouts
        }
    }
    return found;
}

}  // namespace

std::vector<LaneClaim*> unbegun(postgres::Connection& connection, std::vector<LaneClaim>& lanes) {
    std::vector<LaneClaim*> found;
    for (LaneClaim& lane : lanes) {
        const postgres::Rows begun = connection.query(
            "SELECT FROM tidewheel.progress WHERE statement_id = ANY ($1::integer[]) AND topic = $2"
            " AND partition = $3::integer AND next_offset IS NOT NULL",
            {postgres::id_array(lane.statements), lane.topic, std::to_string(lane.partition)});
        if (begun.size() < lane.statements.size()) found.push_back(&lane);
    }
    return found;
}

void claim(postgres::Connection& connection, const Claimant& claimant,
           std::vector<LaneClaim>& lanes, std::int64_t catalogue_version) {
    const std::string before = epochs_of(connection, lanes);
    try {
        claim_all(connection, claimant, lanes, catalogue_version);
    } catch (const postgres::DatabaseError& error) {
        if (!postgres::is_lock_timeout(error) || !end_batches(connection, before)) throw;
        // The previous owner held the lock of the progress itself.
        claim_all(connection, claimant, lanes, catalogue_version);
        return;
    }
    end_batches(connection, before);
}

std::vector<MissingPlace> missing_places(postgres::Connection& connection) {
    std::vector<MissingPlace> places;
    for (const postgres::Row& row : connection.query(
             "SELECT p.statement_id, s.name, p.topic, p.partition, p.missing FROM "
             "tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id WHERE "
             "p.missing_since IS NOT NULL ORDER BY s.name, p.partition"))
        places.push_back({static_cast<int>(row.integer(0)), row.text(1), row.text(2),
                          static_cast<int>(row.integer(3)), row.text(4)});
    return places;
}

bool is_served(postgres::Connection& connection, const Claimant& claimant, const std::string& topic,
               int partition) {
    return connection
        .query("SELECT EXISTS (SELECT FROM tidewheel.progress p JOIN " +
                   std::string(postgres::advisory_locks) +
                   " l ON l.key = " + postgres::batch_mark("p.epoch") +
                   " JOIN pg_stat_activity a ON a.pid = l.pid WHERE p.owner = $1 AND p.owner_group "
                   "= $4 "
                   "AND p.topic = $2 AND p.partition = $3::integer AND (a.state = 'active' AND "
                   "a.wait_event IS DISTINCT "
                   "FROM 'ClientRead' OR a.state_change > clock_timestamp() - interval '10 s'))",
               {claimant.owner, topic, std::to_string(partition), claimant.group})
        .at(0)
        .boolean(0);
}

void release(postgres::Connection& connection, const Claimant& claimant, const std::string& topic,
             int partition) {
    postgres::Transaction transaction(connection);
    leave(transaction, {topic, partition, {}}, claimant);
    transaction.commit();
}

std::map<std::pair<std::string, int>, std::int64_t> epochs_of(postgres::Connection& connection,
                                                              const Claimant& claimant) {
    std::map<std::pair<std::string, int>, std::int64_t> epochs;
    if (!claimant.session) return epochs;
    for (const postgres::Row& row : connection.query(
             "SELECT topic, partition, max(epoch) FROM tidewheel.progress WHERE owner_session = "
             "$1::bigint AND owner_group = $2 GROUP BY 1, 2",
             {std::to_string(*claimant.session), claimant.group}))
        epochs[{row.text(0), static_cast<int>(row.integer(1))}] = row.integer(2);
    return epochs;
}

bool is_still_of(postgres::Connection& connection, const Claimant& claimant,
                 const LaneClaim& lane) {
    return connection
        .query(
            "SELECT coalesce(bool_and(owner = $4 AND owner_group IS NOT DISTINCT FROM $5), "
            "true) FROM tidewheel.progress WHERE statement_id = ANY ($1::integer[]) AND topic = "
            "$2 AND partition = $3::integer",
            {postgres::id_array(lane.statements), lane.topic, std::to_string(lane.partition),
             claimant.owner, claimant.group})
        .at(0)
        .boolean(0);
}

std::string Rivalry::text() const {
    return "taken from each other by two consumer groups, " + std::to_string(times) +
           " times: " + owner.owner + " of " + owner.group + ", and " + rival.owner + " of " +
           rival.group;
}

const char* Rivalry::hint() {
    return "One database has one deployment. Stop the other, or give both the same group.";
}

std::vector<Rivalry> rivalries(postgres::Connection& connection) {
    constexpr int rivalry = 3;  // a deployment that moves to another group changes hands once
    std::vector<Rivalry> found;
    for (const postgres::Row& row : connection.query(
             "SELECT statement_id, topic, partition, owner, owner_group, rival, rival_group, "
             "contested FROM tidewheel.progress WHERE contested >= $1::integer AND contested_at > "
             "clock_timestamp() - interval '3 minutes' AND rival_group <> owner_group "
             "ORDER BY topic, partition, statement_id",
             {std::to_string(rivalry)}))
        found.push_back({static_cast<int>(row.integer(0)),
                         row.text(1),
                         static_cast<int>(row.integer(2)),
                         {row.text(3), row.text(4)},
                         {row.text(5), row.text(6)},
                         static_cast<int>(row.integer(7))});
    return found;
}

}  // namespace tidewheel::catalogue
