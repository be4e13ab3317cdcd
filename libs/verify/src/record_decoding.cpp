#include "record_decoding.hpp"

#include "sql_decoder.hpp"

namespace tidewheel::verify {
namespace {

using catalogue::StoredStream;
using postgres::DatabaseError;
using postgres::Session;

// Whether some statement has read a record: reset may have moved all of them past it.
std::string was_read(Session& session, const StoredStream& stream) {
    const std::string of_stream =
        " JOIN tidewheel.statements s ON s.id = statement_id WHERE s.stream_id = " +
        std::to_string(stream.id);
    if (session.run("SELECT FROM tidewheel.skipped" + of_stream + " LIMIT 1").empty())
        return "true";
    return "EXISTS (SELECT FROM tidewheel.progress p" + of_stream +
           " AND p.partition = r.partition AND p.next_offset > r.\"offset\" AND NOT EXISTS "
           "(SELECT FROM tidewheel.skipped k WHERE k.statement_id = s.id AND k.partition = "
           "r.partition AND k.begin_offset <= r.\"offset\" AND k.end_offset > r.\"offset\"))";
}

}  // namespace

// All at once; only when PostgreSQL refuses a record that the services accepted, one by one, to
// name it.
std::vector<std::string> decode_records(Session& session, const StoredStream& stream) {
    const std::string taken =
        "NOT EXISTS (SELECT FROM pg_temp.tidewheel_parked p WHERE "
        "p.partition = r.partition AND p.\"offset\" = r.\"offset\" AND "
        "p.fault IS NOT NULL) AND " +
        was_read(session, stream) +
        (stream.schema.ignores_tombstones ? " AND r.payload IS NOT NULL" : "");
    std::vector<std::string> problems;
    session.run("SAVEPOINT tidewheel_decode");
    try {
        session.run(decode_script(stream, taken));
    } catch (const DatabaseError& error) {
        if (!error.is_about_data()) throw;
        session.run("ROLLBACK TO SAVEPOINT tidewheel_decode");
        const auto rows = session.run(
            "SELECT r.partition, r.\"offset\", pg_temp.tidewheel_judge(r) FROM "
            "pg_temp.tidewheel_raw r WHERE " +
            taken + " AND pg_temp.tidewheel_judge(r) IS NOT NULL LIMIT 10");
        if (rows.empty()) throw;
        for (const auto& row : rows)
            problems.push_back("record " + stream.stream.topic + "[" + row.text(0) + "]@" +
                               row.text(1) +
                               " was accepted, but PostgreSQL refuses it: " + row.text(2));
        session.run(decode_script(stream, taken + " AND pg_temp.tidewheel_judge(r) IS NULL"));
    }
    session.run("ANALYZE pg_temp.tidewheel_good");
    return problems;
}

}  // namespace tidewheel::verify
