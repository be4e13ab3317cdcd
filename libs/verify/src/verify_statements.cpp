#include "verify_statements.hpp"

#include <algorithm>
#include <map>

#include "dead_letter_audit.hpp"
#include "record_decoding.hpp"
#include "replay.hpp"
#include "sql_decoder.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "topic_copy.hpp"

namespace tidewheel::verify {
namespace {

using catalogue::StoredStatement;
using catalogue::StoredStream;
using postgres::DatabaseError;
using postgres::Session;

// Statements that share a target can only be verified together: their rows can't be told apart.
struct Unit {
    std::vector<const StoredStatement*> statements;
    Expected expected;
    Verified result;
    bool lacks_records = false;  // that were applied: its rows can't be computed again
    std::string may_lack;        // why it may lack some, which can't be told
};

std::vector<Unit> units_of(const catalogue::Catalogue& catalogue, const std::vector<int>& chosen) {
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

bool takes_headers(const engine::Schema& schema) {
    return std::any_of(schema.columns.begin(), schema.columns.end(), [](const auto& column) {
        return column.source == engine::ColumnOrigin::header ||
               column.source == engine::ColumnOrigin::headers;
    });
}

// By statement: where it is in each partition.
std::map<int, PartitionEnds> read_progress(Session& session) {
    std::map<int, PartitionEnds> progress;
    for (const auto& row : session.run(
             "SELECT statement_id, partition, coalesce(next_offset, 0) FROM tidewheel.progress"))
        progress[static_cast<int>(row.integer(0))][static_cast<int>(row.integer(1))] =
            row.integer(2);
    return progress;
}

// Partitions that another database has: it stores their records, too.
std::vector<std::string> read_for_others(const StoredStream& stream, const PartitionEnds& ends) {
    std::vector<std::string> problems;
    for (const auto& [partition, next] : ends)
        if (!stream.share.has(partition))
            problems.push_back(stream.stream.topic + "[" + std::to_string(partition) +
                               "] is not of this database, which has " + stream.share.text() +
                               " of the topics' partitions");
    return problems;
}

class Verification {
  public:
    Verification(const catalogue::Catalogue& catalogue, const std::vector<int>& chosen,
                 Session& session, const kafka::ClientSettings& kafka, ProgressSink& progress)
        : catalogue_(catalogue),
          session_(session),
          kafka_(kafka),
          progress_(progress),
          units_(units_of(catalogue, chosen)),
          progress_of_(read_progress(session)) {}

    std::vector<Verified> run() {
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

    PartitionEnds ends_of(const StoredStream& stream) {
        PartitionEnds ends;
        for_each(stream, [&](Unit&, const StoredStatement& statement) {
            for (const auto& [partition, next] : progress_of_[statement.id])
                ends[partition] = std::max(ends[partition], next);
        });
        return ends;
    }

    void verify_stream(const StoredStream& stream) {
        const PartitionEnds ends = ends_of(stream);
        const std::string missing = missing_history(kafka_, stream.stream.topic, ends);
        if (!missing.empty())
            return add_problem(stream, "cannot be verified from the beginning: " + missing);
        for (const std::string& problem : read_for_others(stream, ends))
            add_problem(stream, problem);
        load(stream, ends);
        find_lost_records(stream);
        const Findings audit = DeadLetterAudit(session_, stream).run();
        for (const std::string& problem : audit.problems)
            add_problem(stream, problem);
        for (const std::string& note : audit.notes)
            add_note(stream, note);
        for (const std::string& problem : decode_records(session_, stream))
            add_problem(stream, problem);
        for_each(stream, [&](Unit& unit, const StoredStatement& statement) {
            if (!unit.lacks_records) try_replay(stream, unit, statement);
        });
        session_.run(
            "DROP FUNCTION pg_temp.tidewheel_judge(pg_temp.tidewheel_raw); DROP TABLE "
            "pg_temp.tidewheel_raw, pg_temp.tidewheel_parked, pg_temp.tidewheel_good");
    }

    void load(const StoredStream& stream, const PartitionEnds& ends) {
        std::int64_t records = 0;
        for (const auto& [partition, bound] : ends)
            records += bound;
        progress_.show(records_read_, records_to_read_ += records);
        session_.run(header_ddl());
        session_.run(raw_table_ddl());
        session_.run(good_table_ddl(stream));
        session_.run(judge_ddl(stream));
        copy_topic(
            kafka_, stream.stream.topic, ends, takes_headers(stream.schema), session_,
            [this](std::int64_t read) { progress_.show(records_read_ += read, records_to_read_); });
        session_.run("ANALYZE pg_temp.tidewheel_raw");
    }

    // Compaction, or a deletion, removes records from the middle. Offsets don't tell: transaction
    // markers and aborted records leave gaps, too.
    void find_lost_records(const StoredStream& stream) {
        const std::string& topic = stream.stream.topic;
        kafka::Admin admin(kafka_, kafka_timeout);
        const bool compacted = admin.is_compacted(topic);
        for_each(stream, [&](Unit& unit, const StoredStatement& statement) {
            for (const auto& row : session_.run(
                     "SELECT p.partition, p.records_held, (SELECT count(*) FROM "
                     "pg_temp.tidewheel_raw r WHERE r.partition = p.partition AND r.\"offset\" < "
                     "p.next_offset AND NOT EXISTS (SELECT FROM tidewheel.skipped k WHERE "
                     "k.statement_id = p.statement_id AND k.partition = p.partition AND "
                     "k.begin_offset <= r.\"offset\" AND k.end_offset > r.\"offset\")) FROM "
                     "tidewheel.progress p WHERE p.next_offset > 0 AND p.statement_id = " +
                     std::to_string(statement.id))) {
                if (row.is_null(1)) {
                    if (compacted) unit.may_lack = "topic " + topic + " is compacted";
                } else if (row.integer(2) < row.integer(1)) {
                    unit.lacks_records = true;
                    add_once(unit.result.problems,
                             "cannot be verified: " + topic + "[" + row.text(0) + "] holds " +
                                 row.text(2) + " of the " + row.text(1) +
                                 " records that were applied; compaction or a deletion removed "
                                 "the others");
                }
            }
        });
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
                    " is a record that PostgreSQL accepts; if its table was "
                    "corrected, run tidewheel dlq redrive");
        } catch (const DatabaseError& error) {
            if (error.sqlstate().empty()) throw;
            session_.run("ROLLBACK TO SAVEPOINT tidewheel_replay");
            unit.result.problems.push_back(
                statement.statement.name +
                " cannot be run over the topic's records: " + error.what());
        }
    }

    void compare(Unit& unit) {
        if (unit.lacks_records) return;
        if (!unit.result.problems.empty() && !can_compare(unit)) return;
        unit.result.difference =
            compare_relations(session_, unit.expected.relation, unit.expected.stored.quoted(),
                              compared_columns(session_, unit.expected), unit.expected.adds_up);
        if (unit.may_lack.empty() || unit.result.equal(false)) return;
        unit.result.difference = {};
        unit.result.problems.push_back("cannot be verified: it differs, but " + unit.may_lack +
                                       ", and the records that were applied were not counted");
    }

    // What may explain a difference, and what ends it.
    void tell_of_changes(Unit& unit) {
        if (unit.result.equal(false)) return;
        for (const StoredStatement* statement : unit.statements)
            for (const auto& row : session_.run(
                     "SELECT date_trunc('second', changed_at) FROM tidewheel.statements WHERE "
                     "changed_at IS NOT NULL AND id = " +
                     std::to_string(statement->id)))
                unit.result.notes.push_back(
                    statement->statement.name + " was changed at " + row.text(0) +
                    ", for new records only: what it stored before follows other rules, and can't "
                    "be told from an error" +
                    (statement->state_table.empty()
                         ? ""
                         : "; tidewheel rebuild " + statement->statement.name + " recomputes it"));
    }

    // What was never replayed has nothing to be compared with: its problem says why.
    bool can_compare(const Unit& unit) {
        return session_.run("SELECT EXISTS (SELECT FROM " + unit.expected.relation + ")")[0]
            .boolean(0);
    }

    const catalogue::Catalogue& catalogue_;
    Session& session_;
    const kafka::ClientSettings& kafka_;
    ProgressSink& progress_;
    std::int64_t records_read_ = 0, records_to_read_ = 0;
    std::vector<Unit> units_;
    std::map<int, PartitionEnds> progress_of_;
};

}  // namespace

std::vector<Verified> verify_statements(const catalogue::Catalogue& catalogue,
                                        const std::vector<int>& statements, Session& session,
                                        const kafka::ClientSettings& kafka,
                                        ProgressSink& progress) {
    return Verification(catalogue, statements, session, kafka, progress).run();
}

}  // namespace tidewheel::verify
