#include "verify_statements.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "avro_documents.hpp"
#include "csv_documents.hpp"
#include "dead_letter_audit.hpp"
#include "record_decoding.hpp"
#include "replay.hpp"
#include "sql_decoder.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "topic_copy.hpp"
#include "unit.hpp"
#include "unit_comparison.hpp"

namespace tidewheel::verify {
namespace {

using catalogue::StoredStatement;
using catalogue::StoredStream;
using postgres::DatabaseError;
using postgres::Session;

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

// Offsets that the statement itself passed over are nothing to it.
bool has_applied_before(Session& session, int statement, int partition, std::int64_t begin) {
    return !session
                .run("SELECT FROM tidewheel.progress p WHERE statement_id = " +
                     std::to_string(statement) + " AND partition = " + std::to_string(partition) +
                     " AND NOT isempty(int8multirange(int8range(0, greatest(least(next_offset, " +
                     std::to_string(begin) +
                     "), 0))) - coalesce((SELECT range_agg(int8range(begin_offset, end_offset)) "
                     "FROM tidewheel.skipped k WHERE k.statement_id = p.statement_id AND k.topic = "
                     "p.topic AND k.partition = p.partition), '{}'))")
                .empty();
}

class Verification {
  public:
    Verification(const catalogue::Catalogue& catalogue, const std::vector<int>& chosen,
                 const Scope& scope, Session& session, const Sources& sources,
                 ProgressSink& progress)
        : catalogue_(catalogue),
          scope_(scope),
          session_(session),
          kafka_(sources.kafka),
          lookup_(sources.schemas),
          progress_(progress),
          units_(units_of(catalogue, chosen)),
          progress_of_(read_progress(session)) {}

    std::vector<Verified> run() {
        for (std::size_t i = 0; i < units_.size(); ++i)
            units_[i].expected =
                make_expected(session_, *units_[i].statements.front(), static_cast<int>(i));
        for (const StoredStream& stream : catalogue_.streams)
            if (reads(stream)) verify_stream(stream);
        for (Unit& unit : units_)
            if (!unit.is_compared) compare(session_, scope_, unit);
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

    // To the problems, obstacles or notes of all that read the stream.
    void add(std::vector<std::string> Verified::*lines, const StoredStream& stream,
             const std::string& line) {
        for_each(stream,
                 [&](Unit& unit, const StoredStatement&) { add_once(unit.result.*lines, line); });
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
        const Readable readable = find_readable(kafka_, stream.stream.topic, ends, scope_);
        if (!readable.problem.empty())
            return add(&Verified::obstacles, stream, "cannot be verified: " + readable.problem);
        for (const std::string& problem : read_for_others(stream, ends))
            add(&Verified::problems, stream, problem);
        find_unread(stream, readable.spans);
        load(stream, readable.spans);
        find_lost_records(stream);
        const Findings audit = DeadLetterAudit(session_, stream).run();
        for (const std::string& problem : audit.problems)
            add(&Verified::problems, stream, problem);
        for (const std::string& note : audit.notes)
            add(&Verified::notes, stream, note);
        for (const std::string& problem : decode_records(session_, stream))
            add(&Verified::problems, stream, problem);
        for_each(stream, [&](Unit& unit, const StoredStatement& statement) {
            if (!unit.lacks_records) try_replay(stream, unit, statement);
            if (unit.statements.size() == 1)
                compare(session_, scope_, unit, stream, progress_of_[statement.id]);
        });
        session_.run(
            "DROP FUNCTION pg_temp.tidewheel_judge(pg_temp.tidewheel_raw); DROP TABLE "
            "pg_temp.tidewheel_raw, pg_temp.tidewheel_parked, pg_temp.tidewheel_good");
    }

    // What a statement has applied and this run doesn't read: it is no longer there, or out of the
    // scope.
    void find_unread(const StoredStream& stream, const std::map<int, Span>& spans) {
        const std::string& topic = stream.stream.topic;
        for_each(stream, [&](Unit& unit, const StoredStatement& statement) {
            unit.is_part = unit.is_part || scope_.share < 1;
            for (const auto& [partition, span] : spans) {
                if (!has_applied_before(session_, statement.id, partition, span.begin)) continue;
                unit.is_part = true;
                add_once(unit.result.notes, "since offset " + std::to_string(span.begin) + " of " +
                                                topic + "[" + std::to_string(partition) + "]" +
                                                (scope_.since ? "" : ", which begins there now"));
            }
        });
    }

    void load(const StoredStream& stream, const std::map<int, Span>& spans) {
        std::int64_t records = 0;
        for (const auto& [partition, span] : spans)
            records += span.end - span.begin;
        progress_.show(records_read_, records_to_read_ += records);
        for (const auto& ddl :
             {header_ddl(), raw_table_ddl(), good_table_ddl(stream), judge_ddl(stream)})
            session_.run(ddl);
        AvroDocuments avro(stream, lookup_);
        CopiedParts parts{.headers = takes_headers(stream.schema)};
        if (stream.stream.format == "avro")
            parts.document = [&](std::string_view value) { return avro.document_of(value); };
        std::optional<CsvDocuments> csv;
        if (stream.stream.format == "csv") {
            csv.emplace(stream, session_);
            parts.also = [&](const engine::Record& record) { csv->add(record); };
        }
        copy_topic(
            kafka_, stream.stream.topic, spans, scope_, parts, session_,
            [this](std::int64_t read) { progress_.show(records_read_ += read, records_to_read_); });
        if (csv) csv->finish();
        session_.run("ANALYZE pg_temp.tidewheel_raw");
    }

    // Compaction, or a deletion, removes records from the middle. Offsets don't tell: transaction
    // markers and aborted records leave gaps, too.
    void find_lost_records(const StoredStream& stream) {
        const std::string& topic = stream.stream.topic;
        kafka::Admin admin(kafka_, kafka_timeout);
        const bool compacted = admin.is_compacted(topic);
        for_each(stream, [&](Unit& unit, const StoredStatement& statement) {
            if (unit.is_part) {
                if (compacted) unit.may_lack = "topic " + topic + " is compacted";
                return;
            }
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
                    add_once(unit.result.obstacles,
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
            if (unit.is_part) return;  // what refused a dead letter may be a row of another record
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
            unit.result.obstacles.push_back(
                statement.statement.name +
                " cannot be run over the topic's records: " + error.what());
        }
    }

    const catalogue::Catalogue& catalogue_;
    const Scope& scope_;
    Session& session_;
    const kafka::ClientSettings& kafka_;
    const SchemaLookup& lookup_;
    ProgressSink& progress_;
    std::int64_t records_read_ = 0, records_to_read_ = 0;
    std::vector<Unit> units_;
    std::map<int, PartitionEnds> progress_of_;
};

}  // namespace

std::vector<Verified> verify_statements(const catalogue::Catalogue& catalogue,
                                        const std::vector<int>& statements, const Scope& scope,
                                        Session& session, const Sources& sources,
                                        ProgressSink& progress) {
    return Verification(catalogue, statements, scope, session, sources, progress).run();
}

}  // namespace tidewheel::verify
