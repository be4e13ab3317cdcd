#include "tidewheel/postgres/progress.hpp"

#include <algorithm>

#include "tidewheel/core/failpoint.hpp"

namespace tidewheel::postgres {
namespace {

std::string id_array(const std::vector<int>& ids) {
    std::vector<Parameter> items;
    for (const int id : ids)
        items.emplace_back(std::to_string(id));
    return array_literal(items);
}

// A partition that the topic has gained since `apply` has no rows yet.
void add_missing(Transaction& transaction, const LaneClaim& lane) {
    transaction.query(
        "INSERT INTO tidewheel.progress (statement_id, topic, partition)"
        " SELECT id, $2, $3::integer FROM tidewheel.statements WHERE id = ANY ($1::integer[])"
        " ON CONFLICT DO NOTHING",
        {id_array(lane.statements), lane.topic, std::to_string(lane.partition)});
}

Rows take(Transaction& transaction, const LaneClaim& lane, const std::string& owner) {
    return transaction.query(
        "UPDATE tidewheel.progress SET epoch = $4::bigint, owner = $5, owner_pid = NULL, "
        "owner_started = NULL,"
        " claimed_at = clock_timestamp()"
        " WHERE statement_id = ANY ($1::integer[]) AND topic = $2 AND partition = $3::integer "
        "AND epoch < $4::bigint RETURNING next_offset",
        {id_array(lane.statements), lane.topic, std::to_string(lane.partition),
         std::to_string(lane.epoch), owner});
}

void begin_at(Transaction& transaction, const LaneClaim& lane, std::int64_t first) {
    transaction.query(
        "UPDATE tidewheel.progress SET next_offset = $4::bigint"
        " WHERE statement_id = ANY ($1::integer[]) AND topic = $2 AND partition = $3::integer AND "
        "next_offset IS NULL",
        {id_array(lane.statements), lane.topic, std::to_string(lane.partition),
         std::to_string(first)});
}

// Locked until the claim is committed: whoever changes what the lanes do raises the version first,
// and so waits for this claim or makes it fail.
void require_version(Transaction& transaction, std::int64_t version) {
    try {
        if (transaction.query("SELECT version FROM tidewheel.catalogue FOR SHARE")
                .at(0)
                .integer(0) == version)
            return;
    } catch (const DatabaseError& error) {
        if (error.sqlstate() != "55P03") throw;  // no owner's lock: nobody is to be ended for it
        throw Error(Error::Kind::unavailable, "the catalogue is being changed");
    }
    throw Error(Error::Kind::unavailable, "the catalogue has just changed");
}

void claim_all(Connection& connection, const std::string& owner, std::vector<LaneClaim>& lanes,
               std::int64_t catalogue_version) {
    Transaction transaction(connection);
    // A claimer that freezes here must not keep the next one out for ever.
    transaction.run(
        "SET LOCAL lock_timeout = '3s'; SET LOCAL idle_in_transaction_session_timeout = '8s'");
    require_version(transaction, catalogue_version);
    for (LaneClaim& lane : lanes) {
        lane.epoch = transaction.query("SELECT nextval('tidewheel.epoch')").at(0).integer(0);
        add_missing(transaction, lane);
        const Rows rows = take(transaction, lane, owner);
        if (rows.size() != lane.statements.size())
            throw Error(
                Error::Kind::unavailable,
                "the catalogue has just changed: a statement of topic " + lane.topic + " is gone");
        std::vector<std::int64_t> offsets;
        for (const Row& row : rows)
            if (!row.is_null(0)) offsets.push_back(row.integer(0));
        if (offsets.size() < rows.size()) {
            if (!lane.first)
                throw Error(Error::Kind::unavailable, "the catalogue has just changed");
            offsets.push_back(*lane.first);
            begin_at(transaction, lane, *lane.first);
        }
        lane.start = *std::min_element(offsets.begin(), offsets.end());
    }
    failpoint("in_claim");
    transaction.commit();
}

// A backend by its number and its start: the number alone may be somebody else's by now.
struct Backend {
    std::string pid, started;
};

// The backends that act for the lanes' owners until now, as far as they are alive.
std::vector<Backend> owners_backends(Connection& connection, const std::vector<LaneClaim>& lanes) {
    std::vector<Backend> backends;
    for (const LaneClaim& lane : lanes)
        for (const Row& row : connection.query(
                 "SELECT DISTINCT a.pid, a.backend_start FROM tidewheel.progress p JOIN "
                 "pg_stat_activity a"
                 " ON a.pid = p.owner_pid AND a.backend_start = p.owner_started"
                 " WHERE p.statement_id = ANY ($1::integer[]) AND p.topic = $2 AND p.partition = "
                 "$3::integer",
                 {id_array(lane.statements), lane.topic, std::to_string(lane.partition)}))
            backends.push_back({row.text(0), row.text(1)});
    return backends;
}

// What they still hold (locks in the middle of a frozen COPY) nothing else would free: no timeout
// reaches a client that is stopped in there. They can't commit any more, whether they end or not.
void end(Connection& connection, const std::vector<Backend>& backends) {
    for (const Backend& each : backends) {
        try {
            connection.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::integer "
                "AND backend_start = $2::timestamptz",
                {each.pid, each.started});
        } catch (const DatabaseError& error) {
            if (error.sqlstate() != "42501")
                throw;  // another role's: it will end by its own timeouts
        }
    }
}

}  // namespace

std::vector<LaneClaim*> unbegun(Connection& connection, std::vector<LaneClaim>& lanes) {
    std::vector<LaneClaim*> found;
    for (LaneClaim& lane : lanes) {
        const Rows begun = connection.query(
            "SELECT FROM tidewheel.progress WHERE statement_id = ANY ($1::integer[]) AND topic = $2"
            " AND partition = $3::integer AND next_offset IS NOT NULL",
            {id_array(lane.statements), lane.topic, std::to_string(lane.partition)});
        if (begun.size() < lane.statements.size()) found.push_back(&lane);
    }
    return found;
}

void claim(Connection& connection, const std::string& owner, std::vector<LaneClaim>& lanes,
           std::int64_t catalogue_version) {
    const std::vector<Backend> before = owners_backends(connection, lanes);
    try {
        claim_all(connection, owner, lanes, catalogue_version);
    } catch (const DatabaseError& error) {
        if (error.sqlstate() != "55P03" || before.empty()) throw;
        end(connection, before);  // the owner until now holds the progress itself
        claim_all(connection, owner, lanes, catalogue_version);
        return;
    }
    end(connection, before);
}

bool is_served(Connection& connection, const std::string& owner, const std::string& topic,
               int partition) {
    return connection
        .query(
            "SELECT EXISTS (SELECT FROM tidewheel.progress p JOIN pg_stat_activity a ON a.pid = "
            "p.owner_pid AND a.backend_start = p.owner_started WHERE p.owner = $1 AND p.topic = $2 "
            "AND p.partition = $3::integer AND (a.state = 'active' AND a.wait_event IS DISTINCT "
            "FROM 'ClientRead' OR a.state_change > clock_timestamp() - interval '10 s'))",
            {owner, topic, std::to_string(partition)})
        .at(0)
        .boolean(0);
}

void fence(Transaction& transaction, const std::vector<int>& statements) {
    const std::string of_these = " WHERE statement_id = ANY ($1::integer[])";
    transaction.query("SELECT FROM tidewheel.progress" + of_these +
                          " ORDER BY statement_id, partition FOR UPDATE",
                      {id_array(statements)});
    transaction.query("UPDATE tidewheel.progress SET epoch = nextval('tidewheel.epoch')" + of_these,
                      {id_array(statements)});
}

}  // namespace tidewheel::postgres
