#include "tidewheel/postgres/redrive.hpp"

#include <algorithm>
#include <sstream>

#include "sql_text.hpp"
#include "tidewheel/postgres/catalogue_lock.hpp"

namespace tidewheel::postgres {
namespace {

template <class Number>
std::string array_of(const std::vector<Number>& numbers, const char* type) {
    std::vector<std::string> items;
    for (const Number number : numbers)
        items.push_back(std::to_string(number));
    return "'{" + join(items, ",") + "}'::" + type + "[]";
}

std::vector<int> numbers_in(const std::string& text) {
    std::vector<int> numbers;
    std::istringstream in(text);
    for (std::string each; std::getline(in, each, ',');)
        numbers.push_back(std::stoi(each));
    return numbers;
}

std::vector<int> statements_of(const StreamPlan& plan) {
    std::vector<int> ids;
    for (const StreamPlan::RowTask& task : plan.rows)
        ids.push_back(task.statement.id);
    for (const StoredStatement& view : plan.views)
        ids.push_back(view.id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

// Of two records of a key, the later one has to be the last.
bool has_order(const StreamPlan& plan) {
    return std::any_of(plan.rows.begin(), plan.rows.end(), [](const auto& task) {
        return std::get<sql::RowStatement>(task.statement.statement.body).on_conflict ==
               sql::OnConflict::update;
    });
}

}  // namespace

void Redriven::add(const Redriven& more) {
    stored += more.stored;
    waiting += more.waiting;
    for (const auto& [reason, letters] : more.refused)
        refused[reason] += letters;
}

Redrive::Redrive(const std::string& url, const StreamPlan& plan, std::int64_t catalogue_version,
                 engine::Decoder& decoder)
    : plan_(plan),
      catalogue_version_(catalogue_version),
      decoder_(decoder),
      session_(url, "tidewheel redrive"),
      executor_(plan),
      batch_(plan.schema),
      statements_(statements_of(plan)) {
    executor_.open(session_);
}

Redriven Redrive::run(const std::vector<std::int64_t>& letters, Outcome outcome) {
    for (Pace pace = Pace::full;;) {
        try {
            return attempt(letters, outcome, pace);
        } catch (const SharedPassError&) {
            // Our caller would try again by another executor, which hasn't taken note.
        } catch (const DatabaseError& error) {
            if (error.kind() != Error::Kind::refused || pace == Pace::careful) throw;
            pace = Pace::careful;
        }
    }
}

Redriven Redrive::attempt(const std::vector<std::int64_t>& ids, Outcome outcome, Pace pace) {
    if (session_.in_transaction()) session_.run("ROLLBACK");  // of an attempt that failed
    rows_written_.clear();
    watermark_.reset();
    session_.run("BEGIN");
    require_catalogue();
    Redriven done;
    Letters letters = lock(ids);
    const int partition = letters.empty() ? 0 : letters.front().record.partition;
    for (Letters& batch : batches_of(std::move(letters)))
        done.add(run_batch(batch, pace));
    count_rows(partition);
    if (outcome == Outcome::keep)
        commit(done);
    else
        session_.run("SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK");
    return done;
}

void Redrive::require_catalogue() {
    session_.run(std::string("SELECT pg_advisory_xact_lock_shared(") + catalogue_lock + ")");
    if (session_.run("SELECT version FROM tidewheel.catalogue").at(0).integer(0) !=
        catalogue_version_)
        throw Error(Error::Kind::unavailable, "the catalogue has just changed");
}

// In offset order, as everybody locks them.
Redrive::Letters Redrive::lock(const std::vector<std::int64_t>& ids) {
    const Rows rows = session_.run(
        std::string("SELECT id, coalesce(statement_id, 0), array_to_string(missed_by, ','), ") +
        record_columns + " FROM tidewheel.dead_letters WHERE id = ANY (" + array_of(ids, "bigint") +
        ") AND discarded_at IS NULL ORDER BY \"offset\", id FOR UPDATE");
    Letters letters;
    for (const Row& row : rows) {
        Letter letter{row.integer(0), static_cast<int>(row.integer(1)), {}, read_record(row, 3)};
        for (const int statement : numbers_in(row.text(2)))
            if (std::binary_search(statements_.begin(), statements_.end(), statement))
                letter.missed_by.push_back(statement);
        letters.push_back(std::move(letter));
    }
    return letters;
}

// Letters that the same statements missed. Where order counts, only neighbours.
std::vector<Redrive::Letters> Redrive::batches_of(Letters letters) const {
    const bool neighbours = has_order(plan_);
    std::vector<Letters> batches;
    for (Letter& letter : letters) {
        auto batch = std::find_if(
            neighbours && !batches.empty() ? batches.end() - 1 : batches.begin(), batches.end(),
            [&](const Letters& each) { return each.front().missed_by == letter.missed_by; });
        if (batch == batches.end()) batch = batches.insert(batch, Letters());
        batch->push_back(std::move(letter));
    }
    return batches;
}

Redriven Redrive::run_batch(Letters& letters, Pace pace) {
    batch_.clear();
    for (Letter& letter : letters)
        batch_.add(std::move(letter.record), [&](const engine::Record& each, engine::Batch& batch) {
            return decoder_.decode(each, batch);
        });
    executor_.run(batch_, letters.front().missed_by, pace);
    executor_.dead_letters().stage(session_);
    Redriven done = settle(letters);
    for (const auto& [statement, rows] : executor_.rows_written())
        rows_written_[statement] += rows;
    watermark_ = std::max(watermark_, batch_.watermark(executor_.refused()));
    executor_.clear_stage();
    return done;
}

// What was refused again is in tidewheel_parked, by its offset.
Redriven Redrive::settle(const Letters& letters) {
    std::map<std::int64_t, std::string> refused;  // by letter: its reason
    std::set<std::int64_t> as_before;             // the letter's own statement, or the rules
    for (const DeadLetters::Parked& parked : executor_.dead_letters().parked()) {
        const Letter& letter =
            letters[static_cast<std::size_t>(parked.record - batch_.records().data())];
        refused.emplace(letter.id, engine::name(parked.reject.reason));
        if (parked.statement == DeadLetters::stream_rules || parked.statement == letter.statement)
            as_before.insert(letter.id);
    }
    std::vector<std::int64_t> all, passed;
    for (const Letter& letter : letters) {
        all.push_back(letter.id);
        if (!as_before.contains(letter.id)) passed.push_back(letter.id);
    }
    if (!refused.empty()) keep_refused(all);
    const std::set<std::int64_t> gone = take_off(passed, letters.front().missed_by);
    Redriven done;
    for (const std::int64_t id : all) {
        if (const auto again = refused.find(id); again != refused.end())
            ++done.refused[again->second];
        else
            ++(gone.contains(id) ? done.stored : done.waiting);
    }
    return done;
}

void Redrive::keep_refused(const std::vector<std::int64_t>& letters) {
    const std::string ids = array_of(letters, "bigint");
    session_.run(
        "UPDATE tidewheel.dead_letters d SET reason = p.reason, detail = p.detail, column_name = "
        "p.column_name, tried_at = clock_timestamp() FROM pg_temp.tidewheel_parked p WHERE d.id = "
        "ANY (" +
        ids +
        ") AND p.\"offset\" = d.\"offset\" AND (p.statement_id IS NULL OR p.statement_id = "
        "d.statement_id)");
    // The rules take it now, and one statement doesn't: that is a dead letter of the statement.
    session_.run(
        "INSERT INTO tidewheel.dead_letters (stream_id, statement_id, topic, partition, "
        "\"offset\", record_time, key, headers, payload, reason, detail, column_name, parked_at, "
        "tried_at, missed_by) SELECT d.stream_id, p.statement_id, d.topic, d.partition, "
        "d.\"offset\", d.record_time, d.key, d.headers, d.payload, p.reason, p.detail, "
        "p.column_name, d.parked_at, clock_timestamp(), ARRAY[p.statement_id] FROM "
        "pg_temp.tidewheel_parked p JOIN tidewheel.dead_letters d ON d.\"offset\" = p.\"offset\" "
        "WHERE d.id = ANY (" +
        ids + ") AND d.statement_id IS NULL AND p.statement_id IS NOT NULL ON CONFLICT DO NOTHING");
}

// These statements miss the records no more. A letter that nobody misses goes; returns those.
std::set<std::int64_t> Redrive::take_off(const std::vector<std::int64_t>& letters,
                                         const std::vector<int>& statements) {
    const std::string these = " WHERE id = ANY (" + array_of(letters, "bigint") + ")";
    const std::string missing =
        "(SELECT s.id FROM tidewheel.statements s WHERE s.id = ANY (missed_by) AND s.id <> ALL (" +
        array_of(statements, "integer") + ") ORDER BY 1)";
    std::set<std::int64_t> gone;
    for (const Row& row : session_.run("DELETE FROM tidewheel.dead_letters" + these +
                                       " AND NOT EXISTS " + missing + " RETURNING id"))
        gone.insert(row.integer(0));
    if (gone.size() < letters.size())
        session_.run("UPDATE tidewheel.dead_letters SET missed_by = ARRAY" + missing +
                     ", tried_at = clock_timestamp()" + these);
    return gone;
}

// At the very end: a lane that is at the same rows waits for its progress with those locked.
void Redrive::count_rows(int partition) {
    std::vector<std::string> counts;
    for (const auto& [statement, rows] : rows_written_)
        counts.push_back("(" + std::to_string(statement) + ", " + std::to_string(rows) +
                         "::bigint)");
    if (counts.empty()) return;
    session_.run(
        "UPDATE tidewheel.progress p SET rows_written = p.rows_written + m.written, watermark = "
        "greatest(p.watermark, " +
        timestamp(watermark_) + ") FROM (VALUES " + join(counts, ", ") +
        ") m(statement, written) WHERE p.statement_id = m.statement AND p.topic = " +
        quote_literal(plan_.stream.stream.topic) +
        " AND p.partition = " + std::to_string(partition));
}

void Redrive::commit(const Redriven& done) {
    const std::string transaction = session_.run("SELECT pg_current_xact_id()").at(0).text(0);
    try {
        session_.run("COMMIT");
    } catch (const DatabaseError& error) {
        if (!error.sqlstate().empty()) throw;
        throw InDoubtError(error, transaction, done);
    }
}

bool InDoubtError::was_committed(Connection& connection) const {
    try {
        const Row row = connection.query("SELECT pg_xact_status($1::xid8)", {transaction_}).at(0);
        const std::string status = row.text_or(0, "");
        if (status == "in progress")
            throw Error(Kind::unavailable, "a transaction of ours is still under way");
        return status == "committed";
    } catch (const DatabaseError& error) {
        if (!error.is_about_data()) throw;
        return false;  // its number lies in the future: a server that fell has forgotten it
    }
}

}  // namespace tidewheel::postgres
