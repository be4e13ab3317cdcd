#include "cli/verification.hpp"

#include <algorithm>
#include <map>

#include "cli/replay.hpp"
#include "cli/sql_decoder.hpp"
#include "cli/table.hpp"
#include "cli/topic_copy.hpp"

namespace tidewheel::cli {
namespace {

using postgres::DatabaseError;
using postgres::quote_literal;
using postgres::Session;
using postgres::StoredStatement;
using postgres::StoredStream;

// Statements that share a target can only be verified together: nobody can tell whose row is whose.
struct Unit {
    std::vector<const StoredStatement*> statements;
    Expected expected;
    Verified result;
};

std::vector<Unit> units_of(const postgres::Catalogue& catalogue, const std::vector<int>& chosen) {
    std::map<sql::RelationName, Unit> by_target;
    for (const int id : chosen)
        for (const StoredStatement& statement : catalogue.statements)
            if (statement.id == id) by_target[target_of(statement)];
    for (const StoredStatement& statement : catalogue.statements)
        if (const auto unit = by_target.find(target_of(statement)); unit != by_target.end())
            unit->second.statements.push_back(&statement);
    std::vector<Unit> units;
    for (auto& [target, unit] : by_target) {
        unit.result.stored = target.text();
        for (const StoredStatement* statement : unit.statements)
            unit.result.statements.push_back(statement->statement.name);
        units.push_back(std::move(unit));
    }
    return units;
}

void add_once(std::vector<std::string>& lines, const std::string& line) {
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
}

class Verification {
  public:
    Verification(const postgres::Catalogue& catalogue, const std::vector<int>& chosen,
                 Session& session, const kafka::ClientSettings& kafka,
                 const VerificationProgress& progress)
        : catalogue_(catalogue),
          session_(session),
          kafka_(kafka),
          progress_(progress),
          units_(units_of(catalogue, chosen)) {}

    std::vector<Verified> run() {
        read_progress();
        for (std::size_t i = 0; i < units_.size(); ++i)
            units_[i].expected =
                make_expected(session_, *units_[i].statements.front(), static_cast<int>(i));
        for (const StoredStream& stream : catalogue_.streams)
            if (reads(stream)) verify_stream(stream);
        for (Unit& unit : units_) {
            compare(unit);
            tell_of_changes(unit);
        }
        session_.run("ROLLBACK");
        std::vector<Verified> results;
        for (Unit& unit : units_)
            results.push_back(std::move(unit.result));
        return results;
    }

  private:
    void read_progress() {
        for (const auto& row : session_.run("SELECT statement_id, partition, coalesce(next_offset, "
                                            "0) FROM tidewheel.progress"))
            progress_of_[static_cast<int>(row.integer(0))][static_cast<int>(row.integer(1))] =
                row.integer(2);
    }

    bool reads(const StoredStream& stream) const {
        return std::any_of(units_.begin(), units_.end(), [&](const Unit& unit) {
            return std::any_of(unit.statements.begin(), unit.statements.end(),
                               [&](const auto* each) { return each->stream_id == stream.id; });
        });
    }

    // Calls `each` for every unit and statement of it that reads the stream.
    void for_each(const StoredStream& stream,
                  const std::function<void(Unit&, const StoredStatement&)>& each) {
        for (Unit& unit : units_)
            for (const StoredStatement* statement : unit.statements)
                if (statement->stream_id == stream.id) each(unit, *statement);
    }

    void add_problem(const StoredStream& stream, const std::string& problem) {
        for_each(stream, [&](Unit& unit, const StoredStatement&) {
            add_once(unit.result.problems, problem);
        });
    }

    void add_note(const StoredStream& stream, const std::string& note) {
        for_each(stream,
                 [&](Unit& unit, const StoredStatement&) { add_once(unit.result.notes, note); });
    }

    Bounds bounds_of(const StoredStream& stream) {
        Bounds bounds;
        for_each(stream, [&](Unit&, const StoredStatement& statement) {
            for (const auto& [partition, next] : progress_of_[statement.id])
                bounds[partition] = std::max(bounds[partition], next);
        });
        return bounds;
    }

    void verify_stream(const StoredStream& stream) {
        const Bounds bounds = bounds_of(stream);
        const std::string missing = missing_history(kafka_, stream.stream.topic, bounds);
        if (!missing.empty())
            return add_problem(stream, "cannot be verified from the beginning: " + missing);
        load(stream, bounds);
        judge_dead_letters(stream);
        decode(stream);
        for_each(stream, [&](Unit& unit, const StoredStatement& statement) {
            try_replay(stream, unit, statement);
        });
        session_.run(
            "DROP FUNCTION pg_temp.tidewheel_judge(pg_temp.tidewheel_raw); DROP TABLE "
            "pg_temp.tidewheel_raw, pg_temp.tidewheel_cleared, pg_temp.tidewheel_good");
    }

    void load(const StoredStream& stream, const Bounds& bounds) {
        std::int64_t records = 0;
        for (const auto& [partition, bound] : bounds)
            records += bound;
        progress_.planned(records);
        session_.run(raw_table_ddl());
        session_.run(good_table_ddl(stream));
        session_.run(judge_ddl(stream));
        const bool with_headers = std::any_of(
            stream.schema.columns.begin(), stream.schema.columns.end(),
            [](const engine::Column& column) { return column.source == engine::Source::header; });
        copy_topic(kafka_, stream.stream.topic, bounds, with_headers, session_, progress_.read);
        session_.run("ANALYZE pg_temp.tidewheel_raw");
    }

    static std::string dead_letters_of(const StoredStream& stream) {
        return "FROM tidewheel.dead_letters d WHERE d.stream_id = " + std::to_string(stream.id) +
               " AND d.topic = " + quote_literal(stream.stream.topic) +
               " AND d.partition = r.partition AND d.\"offset\" = r.\"offset\"";
    }

    void judge_dead_letters(const StoredStream& stream) {
        compare_bytes(stream);
        clear_dead_letters(stream);
        for (const auto& row :
             session_.run("SELECT partition, \"offset\", reason FROM pg_temp.tidewheel_cleared "
                          "WHERE NOT is_discarded AND NOT is_older LIMIT 10"))
            add_problem(stream, "dead letter " + stream.stream.topic + "[" + row.text(0) + "]@" +
                                    row.text(1) + " (" + row.text(2) +
                                    ") is a good record by PostgreSQL's judgement");
        const std::int64_t older =
            session_
                .run(
                    "SELECT count(*) FROM pg_temp.tidewheel_cleared WHERE is_older AND NOT "
                    "is_discarded")[0]
                .integer(0);
        if (older > 0)
            add_note(stream, plural(older, "dead letter") + " of topic " + stream.stream.topic +
                                 " would pass the rules of now: tidewheel dlq redrive --stream " +
                                 stream.stream.name.name);
    }

    void compare_bytes(const StoredStream& stream) {
        for (const auto& row : session_.run(
                 "SELECT r.partition, r.\"offset\", d.reason FROM pg_temp.tidewheel_raw r CROSS "
                 "JOIN LATERAL (SELECT d.reason, d.payload " +
                 dead_letters_of(stream) +
                 " AND d.discarded_at IS NULL) d WHERE d.payload IS DISTINCT FROM r.payload LIMIT "
                 "10"))
            add_problem(stream, "dead letter " + stream.stream.topic + "[" + row.text(0) + "]@" +
                                    row.text(1) + " (" + row.text(2) +
                                    ") doesn't hold the record's bytes");
    }

    // Those that the stream's own rules made and that pass them. When the rules have changed since
    // (services take a moment to notice), that is as it should be. A number beyond the limits of
    // docs/reference/json.md in a field of no column is ours to refuse, and no error to PostgreSQL.
    // What a statement refused is tried after its replay.
    void clear_dead_letters(const StoredStream& stream) {
        session_.run(
            "CREATE TEMP TABLE tidewheel_cleared AS SELECT r.partition, r.\"offset\", d.reason, "
            "d.is_discarded, d.is_older FROM pg_temp.tidewheel_raw r CROSS JOIN LATERAL (SELECT "
            "d.reason, d.column_name, d.discarded_at IS NOT NULL AS is_discarded, "
            "coalesce(greatest(d.parked_at, d.tried_at) < (SELECT changed_at + interval '1 minute' "
            "FROM tidewheel.streams WHERE id = d.stream_id), false) AS is_older " +
            parked(stream) +
            ") d WHERE CASE WHEN d.reason = 'out_of_range' AND d.column_name IS NULL THEN false "
            "ELSE pg_temp.tidewheel_judge(r) IS NULL END");
    }

    // Those that the stream's own rules made.
    static std::string parked(const StoredStream& stream) {
        return dead_letters_of(stream) + " AND d.statement_id IS NULL";
    }

    // Whether some statement has read a record: reset may have led all of them past it.
    std::string was_read(const StoredStream& stream) {
        const std::string of_stream =
            " JOIN tidewheel.statements s ON s.id = statement_id WHERE s.stream_id = " +
            std::to_string(stream.id);
        if (session_.run("SELECT FROM tidewheel.skipped" + of_stream + " LIMIT 1").empty())
            return "true";
        return "EXISTS (SELECT FROM tidewheel.progress p" + of_stream +
               " AND p.partition = r.partition AND p.next_offset > r.\"offset\" AND NOT EXISTS "
               "(SELECT FROM tidewheel.skipped k WHERE k.statement_id = s.id AND k.partition = "
               "r.partition AND k.begin_offset <= r.\"offset\" AND k.end_offset > r.\"offset\"))";
    }

    // All at once; and only when PostgreSQL refuses a record that the services took, one by one, to
    // name it.
    void decode(const StoredStream& stream) {
        const std::string taken = "NOT EXISTS (SELECT " + parked(stream) +
                                  " AND NOT EXISTS (SELECT FROM pg_temp.tidewheel_cleared c WHERE "
                                  "c.partition = d.partition AND c.\"offset\" = d.\"offset\")) "
                                  "AND " +
                                  was_read(stream);
        session_.run("SAVEPOINT tidewheel_decode");
        try {
            session_.run(decode_script(stream, taken));
        } catch (const DatabaseError& error) {
            if (!error.is_about_data()) throw;
            session_.run("ROLLBACK TO SAVEPOINT tidewheel_decode");
            const auto rows = session_.run(
                "SELECT r.partition, r.\"offset\", pg_temp.tidewheel_judge(r) FROM "
                "pg_temp.tidewheel_raw r WHERE " +
                taken + " AND pg_temp.tidewheel_judge(r) IS NOT NULL LIMIT 10");
            if (rows.empty()) throw;
            for (const auto& row : rows)
                add_problem(stream, "record " + stream.stream.topic + "[" + row.text(0) + "]@" +
                                        row.text(1) +
                                        " was taken as good, but PostgreSQL says: " + row.text(2));
            session_.run(decode_script(stream, taken + " AND pg_temp.tidewheel_judge(r) IS NULL"));
        }
        session_.run("ANALYZE pg_temp.tidewheel_good");
    }

    void try_replay(const StoredStream& stream, Unit& unit, const StoredStatement& statement) {
        session_.run("SAVEPOINT tidewheel_replay");
        try {
            replay(session_, stream, statement, progress_of_[statement.id], unit.expected);
            for (const std::string& place :
                 wrongly_refused(session_, stream, statement, unit.expected))
                unit.result.problems.push_back(
                    "dead letter " + stream.stream.topic + place + " of " +
                    statement.statement.name +
                    " is a record that PostgreSQL takes; if its table was "
                    "mended: tidewheel dlq redrive");
        } catch (const DatabaseError& error) {
            if (error.sqlstate().empty()) throw;
            session_.run("ROLLBACK TO SAVEPOINT tidewheel_replay");
            unit.result.problems.push_back(
                statement.statement.name +
                " can't be run over the topic's records: " + error.what());
        }
    }

    void compare(Unit& unit) {
        if (!unit.result.problems.empty() && !can_compare(unit)) return;
        unit.result.difference =
            compare_relations(session_, unit.expected.relation, unit.expected.stored.quoted(),
                              compared_columns(session_, unit.expected), unit.expected.adds_up);
    }

    // What a difference may come of, and what ends it.
    void tell_of_changes(Unit& unit) {
        if (unit.result.equal(false)) return;
        for (const StoredStatement* statement : unit.statements)
            for (const auto& row : session_.run(
                     "SELECT date_trunc('second', changed_at) FROM tidewheel.statements WHERE "
                     "changed_at IS NOT NULL AND id = " +
                     std::to_string(statement->id)))
                unit.result.notes.push_back(
                    statement->statement.name + " was changed at " + row.text(0) +
                    ", from then on: what it stored before was made by other rules, and can't be "
                    "told from a fault" +
                    (statement->state_table.empty()
                         ? ""
                         : "; tidewheel rebuild " + statement->statement.name + " makes it whole"));
    }

    // What was never replayed has nothing to be compared with: its problem says why.
    bool can_compare(const Unit& unit) {
        return session_.run("SELECT EXISTS (SELECT FROM " + unit.expected.relation + ")")[0]
            .boolean(0);
    }

    const postgres::Catalogue& catalogue_;
    Session& session_;
    const kafka::ClientSettings& kafka_;
    const VerificationProgress& progress_;
    std::vector<Unit> units_;
    std::map<int, Bounds> progress_of_;
};

}  // namespace

std::vector<Verified> verify_statements(const postgres::Catalogue& catalogue,
                                        const std::vector<int>& statements, Session& session,
                                        const kafka::ClientSettings& kafka,
                                        const VerificationProgress& progress) {
    return Verification(catalogue, statements, session, kafka, progress).run();
}

}  // namespace tidewheel::cli
