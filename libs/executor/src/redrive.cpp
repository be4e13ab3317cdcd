#include "tidewheel/executor/redrive.hpp"

#include <algorithm>
#include <sstream>

#include "tidewheel/catalogue/catalogue_lock.hpp"
#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::executor {
namespace {

std::vector<int> numbers_in(const std::string& text) {
    std::vector<int> numbers;
    std::istringstream in(text);
    for (std::string each; std::getline(in, each, ',');)
        numbers.push_back(std::stoi(each));
    return numbers;
}

std::string quoted(int number) {
    return postgres::quote_literal(std::to_string(number));
}

std::vector<int> statements_of(const StreamPlan& plan) {
    std::vector<int> ids = plan.statements();
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
    for (const auto& [reason, count] : more.refused)
        refused[reason] += count;
}

Redrive::Redrive(const std::string& url, const StreamPlan& plan, std::int64_t catalogue_version,
                 engine::Decoder& decoder)
    : plan_(plan),
      catalogue_version_(catalogue_version),
      decoder_(decoder),
      session_(url, "tidewheel redrive"),
      executor_(plan, Unjudged::park),
      batch_(plan.schema),
      statements_(statements_of(plan)) {
    executor_.open(session_);
}

Redriven Redrive::run(const std::vector<std::int64_t>& dead_letters, RedriveOutcome outcome) {
    for (Pace pace = Pace::full;;) {
        try {
            return attempt(dead_letters, outcome, pace);
        } catch (const SharedPassError&) {
            // Our caller would try again by another executor, which hasn't taken note.
        } catch (const postgres::DatabaseError& error) {
            if (error.kind() != Error::Kind::refused || pace == Pace::careful) throw;
            pace = Pace::careful;
        }
    }
}

Redriven Redrive::attempt(const std::vector<std::int64_t>& ids, RedriveOutcome outcome, Pace pace) {
    if (session_.in_transaction()) session_.run("ROLLBACK");  // of an attempt that failed
    rows_written_.clear();
    watermark_.reset();
    session_.run("BEGIN");
    require_catalogue();
    Redriven done;
    DeadLetterBatch dead_letters = lock(ids);
    const int partition = dead_letters.empty() ? 0 : dead_letters.front().record.partition;
    session_.run("SELECT " + catalogue::set_lane(quoted(plan_.stream.id), quoted(partition)));
    for (DeadLetterBatch& batch : batches_of(std::move(dead_letters)))
        done.add(run_batch(batch, pace));
    // At the very end: a lane that is at the same rows waits for its progress with those locked.
    catalogue::count_redriven(session_, plan_.stream.stream.topic, partition, rows_written_,
                              watermark_);
    if (outcome == RedriveOutcome::keep)
        commit(done);
    else
        session_.run("SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK");
    return done;
}

void Redrive::require_catalogue() {
    session_.run(std::string("SELECT pg_advisory_xact_lock_shared(") + catalogue::catalogue_lock +
                 ")");
    if (session_.run("SELECT version FROM tidewheel.catalogue").at(0).integer(0) !=
        catalogue_version_)
        throw Error(Error::Kind::unavailable, "the catalogue has just changed");
}

// In offset order, the order in which all lock them.
Redrive::DeadLetterBatch Redrive::lock(const std::vector<std::int64_t>& ids) {
    const postgres::Rows rows = session_.run(
        std::string("SELECT id, coalesce(statement_id, 0), array_to_string(missed_by, ','), ") +
        catalogue::record_columns + " FROM tidewheel.dead_letters WHERE id = ANY ('" +
        postgres::id_array(ids) + "') AND discarded_at IS NULL ORDER BY \"offset\", id FOR UPDATE");
    DeadLetterBatch dead_letters;
    for (const postgres::Row& row : rows) {
        DeadLetter dead_letter{
            row.integer(0), static_cast<int>(row.integer(1)), {}, catalogue::read_record(row, 3)};
        for (const int statement : numbers_in(row.text(2)))
            if (std::binary_search(statements_.begin(), statements_.end(), statement))
                dead_letter.missed_by.push_back(statement);
        dead_letters.push_back(std::move(dead_letter));
    }
    return dead_letters;
}

// Dead letters that the same statements missed. Where order counts, only neighbours. A batch has
// one record for each offset; dead letters may have more, of a topic that was created again.
std::vector<Redrive::DeadLetterBatch> Redrive::batches_of(DeadLetterBatch dead_letters) const {
    const bool neighbours = has_order(plan_);
    std::vector<DeadLetterBatch> batches;
    for (DeadLetter& dead_letter : dead_letters) {
        auto batch =
            std::find_if(neighbours && !batches.empty() ? batches.end() - 1 : batches.begin(),
                         batches.end(), [&](const DeadLetterBatch& each) {
                             return each.front().missed_by == dead_letter.missed_by &&
                                    each.back().record.offset != dead_letter.record.offset;
                         });
        if (batch == batches.end()) batch = batches.insert(batch, DeadLetterBatch());
        batch->push_back(std::move(dead_letter));
    }
    return batches;
}

Redriven Redrive::run_batch(DeadLetterBatch& dead_letters, Pace pace) {
    batch_.clear();
    for (DeadLetter& dead_letter : dead_letters)
        batch_.add(std::move(dead_letter.record),
                   [&](const engine::Record& each, engine::Batch& batch) {
                       return decoder_.decode(each, batch);
                   });
    executor_.run(session_, batch_, dead_letters.front().missed_by, pace);
    executor_.dead_letters().stage(session_);
    Redriven done = settle(dead_letters);
    for (const auto& [statement, rows] : executor_.rows_written())
        rows_written_[statement] += rows;
    watermark_ = std::max(watermark_, batch_.watermark(executor_.refused()));
    executor_.clear_stage(session_);
    return done;
}

// What was refused again is in tidewheel_parked, by its offset.
Redriven Redrive::settle(const DeadLetterBatch& dead_letters) {
    std::map<std::int64_t, std::string> refused;  // by dead letter: its reason
    std::set<std::int64_t> as_before;             // the dead letter's own statement, or the rules
    for (const catalogue::DeadLetters::Parked& parked : executor_.dead_letters().parked()) {
        const DeadLetter& dead_letter =
            dead_letters[static_cast<std::size_t>(parked.record - batch_.records().data())];
        refused.emplace(dead_letter.id, engine::name(parked.reject.reason));
        if (parked.statement == catalogue::DeadLetters::stream_rules ||
            parked.statement == dead_letter.statement)
            as_before.insert(dead_letter.id);
    }
    std::vector<std::int64_t> all, passed;
    for (const DeadLetter& dead_letter : dead_letters) {
        all.push_back(dead_letter.id);
        if (!as_before.contains(dead_letter.id)) passed.push_back(dead_letter.id);
    }
    if (!refused.empty()) catalogue::park_again(session_, all);
    const std::set<std::int64_t> gone =
        catalogue::take_off(session_, passed, dead_letters.front().missed_by);
    Redriven done;
    for (const std::int64_t id : all) {
        if (const auto again = refused.find(id); again != refused.end())
            ++done.refused[again->second];
        else
            ++(gone.contains(id) ? done.stored : done.waiting);
    }
    return done;
}

void Redrive::commit(const Redriven& done) {
    const std::string transaction = session_.run("SELECT pg_current_xact_id()").at(0).text(0);
    failpoint("before_commit");
    try {
        session_.run("COMMIT");
        failpoint("after_commit");
    } catch (const postgres::DatabaseError& error) {
        if (!error.sqlstate().empty()) throw;
        throw InDoubtError(error, transaction, done);
    }
}

bool InDoubtError::was_committed(postgres::Connection& connection) const {
    try {
        const postgres::Row row =
            connection.query("SELECT pg_xact_status($1::xid8)", {transaction_}).at(0);
        const std::string status = row.text_or(0, "");
        if (status == "in progress")
            throw Error(Kind::unavailable, "the transaction is still in progress");
        return status == "committed";
    } catch (const postgres::DatabaseError& error) {
        if (!error.is_about_data()) throw;
        return false;  // an unknown number: the server crashed before it was durable
    }
}

}  // namespace tidewheel::executor
