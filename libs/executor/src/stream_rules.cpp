#include "stream_rules.hpp"

#include <algorithm>

#include "tidewheel/core/text.hpp"

namespace tidewheel::executor {

void StreamRules::stage() {
    if (run_.pace != Pace::careful) return send(0, run_.batch.rows());
    // The decoder lets nothing through that COPY would refuse; should it ever, that one record is
    // parked and the stream continues.
    run_carefully([&](std::size_t first, std::size_t last) { send(first, last); }, [] {},
                  [](std::size_t) { return std::string(); });
}

void StreamRules::judge(RuleJudge& judge) {
    judge.judge(run_.batch);
    for (const auto& [row, check] : judge.broken())
        refuse_by(row, check);
}

void StreamRules::stage(engine::RowNumbers rows) {
    send(rows.size(), [rows](std::size_t i) -> std::size_t { return rows[i]; });
}

void StreamRules::send(std::size_t first, std::size_t last) {
    send(last - first, [first](std::size_t i) { return first + i; });
}

template <class RowAt>
void StreamRules::send(std::size_t rows, RowAt&& row_at) {
    const engine::Batch& batch = run_.batch;
    const auto fields =
        static_cast<std::int16_t>(2 + std::count(staged_.begin(), staged_.end(), true));
    postgres::CopyEncoder& encoder = run_.session.encoder();
    encoder.begin();
    for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t row = row_at(i);
        encoder.row(fields);
        for (std::size_t column = 0; column < staged_.size(); ++column)
            if (staged_[column]) postgres::encode(encoder, batch.column(column), row);
        encoder.int32(static_cast<std::int32_t>(row));
        encoder.optional_int64(engine::postgres_time(batch.record_of(row).timestamp));
    }
    encoder.finish();
    run_.session.copy(copy_, encoder.payload());
}

void StreamRules::validate() {
    const std::optional<std::string>& script = run_.plan.stage.validate;
    if (!script) return;
    if (run_.pace != Pace::careful) {
        find_refused();
    } else {
        run_carefully([&](std::size_t, std::size_t) { find_refused(); },
                      [&] { run_.rehearse([&] { run_.session.run(*script); }); },
                      [&](std::size_t row) { return unreadable(row); });
    }
    drop_refused();
}

// The rows in play that break a CHECK.
void StreamRules::find_refused() {
    const postgres::Rows rows = run_.session.run(*run_.plan.stage.validate);
    for (const postgres::Row& each : rows) {
        if (each.is_null(1)) continue;
        refuse_by(static_cast<std::size_t>(each.integer(0)),
                  static_cast<std::size_t>(each.integer(1)));
    }
}

void StreamRules::refuse_by(std::size_t row, std::size_t check) {
    const catalogue::CheckRule& rule = run_.plan.stream.checks.at(check);
    refuse(row, {engine::Reason::check_violation, rule.name + ": " + rule.expression, rule.column});
}

// The first of the columns that PostgreSQL converts whose value in this row it refuses. Its own
// error doesn't name it.
std::string StreamRules::unreadable(std::size_t row) {
    for (const StageScript::Conversion& each : run_.plan.stage.conversions) {
        run_.session.run("SAVEPOINT conversion; " + stage_range(row, row + 1));
        bool refused = false;
        try {
            run_.session.run(each.script);
        } catch (const postgres::DatabaseError& error) {
            if (error.blame() == postgres::Blame::server) throw;
            refused = true;
        }
        run_.session.run("ROLLBACK TO conversion; RELEASE conversion");
        if (refused) return each.column;
    }
    return "";
}

void StreamRules::refuse(std::size_t row, engine::Reject reject) {
    run_.result.refused.push_back(row);
    run_.result.dead_letters.park(run_.batch.record_of(row), catalogue::DeadLetters::stream_rules,
                                  std::move(reject));
}

void StreamRules::drop_refused() {
    if (run_.result.refused.empty()) return;
    std::vector<std::string> rows;
    for (const std::size_t row : run_.result.refused)
        rows.push_back(std::to_string(row));
    run_.session.run("DELETE FROM pg_temp.tidewheel_batch WHERE tidewheel_seq = ANY ('{" +
                     joined(rows, ",") + "}'::integer[])");
}

void StreamRules::run_carefully(const std::function<void(std::size_t, std::size_t)>& run,
                                const std::function<void()>& rehearse,
                                const std::function<std::string(std::size_t)>& column_of) {
    Trial::Step step;
    step.run = [&](std::size_t first, std::size_t last) -> std::size_t {
        run(first, last);
        return 0;
    };
    step.rehearse = rehearse;
    // A value's conversion looks at nothing but the value, as a rule; a function in a domain's
    // CHECK may look further.
    step.weigh = [&](std::size_t passed, std::size_t, std::size_t refused, postgres::Blame blame) {
        if (run_.is_refused(passed)) return Witness::none;
        return blame == postgres::Blame::unknown || has_values_of(passed, refused) ? Witness::strong
                                                                                   : Witness::weak;
    };
    step.is_old = [&](std::size_t row) { return run_.is_old(run_.statements.front(), row); };
    step.park = [&](std::size_t row, const postgres::DatabaseError& error) {
        refuse(row, {engine::Reason::wrong_type, error.what(), column_of(row)});
    };
    step.hold = [&](std::size_t row, const postgres::DatabaseError& error) {
        if (run_.unjudged == Unjudged::park) return step.park(row, error);
        std::vector<std::string> names;
        for (const int statement : run_.statements)
            names.push_back(run_.plan.name_of(statement));
        throw RefusedRecord(run_.reason_at(row, error), run_.way_on(row, names),
                            run_.batch.record_of(row).offset);
    };
    step.checkpoint = [&] { return run_.checkpoint(); };
    Trial(run_.session, step, run_.batch.rows()).run();
}

// Whether a row has a value wherever the other has one.
bool StreamRules::has_values_of(std::size_t row, std::size_t other) const {
    for (std::size_t column = 0; column < run_.batch.schema().columns.size(); ++column)
        if (run_.batch.column(column).is_null(row) && !run_.batch.column(column).is_null(other))
            return false;
    return true;
}

}  // namespace tidewheel::executor
