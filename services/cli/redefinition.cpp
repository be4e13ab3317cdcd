#include "cli/redefinition.hpp"

#include <algorithm>

#include "cli/duplicates.hpp"
#include "cli/source_errors.hpp"
#include "cli/table.hpp"
#include "cli/type_check.hpp"
#include "cli/view_change.hpp"
#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::cli {
namespace {

using postgres::DatabaseError;
using postgres::StoredStatement;
using postgres::StoredStream;
using postgres::Transaction;

constexpr const char* beside =
    "apply --rebuild computes it anew from the topic, beside the old one, which is read until then";

std::string number(std::int64_t value) {
    return std::to_string(value);
}

const sql::ViewStatement& view_of(const StoredStatement& stored) {
    return std::get<sql::ViewStatement>(stored.statement.body);
}

bool is_view(const StoredStatement& stored) {
    return std::holds_alternative<sql::ViewStatement>(stored.statement.body);
}

// What PostgreSQL refuses is the statement's mistake.
template <class Work>
auto blaming(const PipelineFiles& files, const sql::Statement& statement, Work&& work) {
    try {
        return work();
    } catch (const DatabaseError& error) {
        if (error.retryable()) throw;
        throw sql::PipelineError({diagnostic_at(files, statement, 0, error.what(), error.hint())});
    }
}

// What the stream's own rules have refused so far.
std::int64_t letters_of(Transaction& transaction, int stream) {
    return transaction
        .query(
            "SELECT count(*) FROM tidewheel.dead_letters WHERE stream_id = $1 AND statement_id IS "
            "NULL AND discarded_at IS NULL",
            {number(stream)})[0]
        .integer(0);
}

// To the list of the table's columns belongs what the stream has gained.
sql::PipelineError with_hint(const sql::PipelineError& error, const StoredStream& stream,
                             const StoredStatement& stored) {
    std::vector<sql::Diagnostic> told = error.diagnostics();
    for (sql::Diagnostic& each : told)
        if (each.hint.empty())
            each.hint = "stream " + stream.stream.name.name +
                        " has changed. For a column that it has gained: ALTER TABLE " +
                        std::get<sql::RowStatement>(stored.statement.body).target.name +
                        " ADD COLUMN IF NOT EXISTS …, before this statement";
    return sql::PipelineError(std::move(told));
}

}  // namespace

const StoredStream& Redefinition::before(const StoredStream& stream) const {
    const auto found = before_.find(stream.id);
    return found == before_.end() ? stream : found->second;
}

// By what the catalogue holds at the end.
Recomputation Redefinition::recomputation() const {
    Recomputation all{definitions_, {rows_.begin(), rows_.end()}};
    for (ViewDefinition& definition : all.views)
        definition.basis = basis_of(transaction_, definition.stored.id);
    return all;
}

bool Redefinition::is_to_come(int statement) const {
    return std::any_of(
        definitions_.begin(), definitions_.end(),
        [&](const ViewDefinition& definition) { return definition.stored.id == statement; });
}

void Redefinition::stream(const sql::Statement& statement, const StoredStream& before,
                          const StoredStream& after, Deployed& done) {
    for (const AppliedStatement& reader : ledger_.statements)
        if (reader.stream_id == before.id && done_.contains(reader.id))
            throw sql::PipelineError(
                {diagnostic_at(files_, statement, 0,
                               "stream " + after.stream.name.text() + " has changed, and so has " +
                                   reader.name + ", which reads it and stands before it",
                               "the stream comes first, or its file does")});
    replace_stream(transaction_, after, origin_of(statement));
    before_.emplace(before.id, before);
    if (const std::int64_t letters = letters_of(transaction_, after.id); letters > 0)
        done.warnings.push_back(
            plural(letters, "dead letter") +
            " of earlier rules stay; those that pass now: tidewheel dlq redrive --stream " +
            after.stream.name.name);
}

void Redefinition::rows(const StoredStream& stream, StoredStatement& stored, Deployed& done) {
    const AppliedStatement& applied = *ledger_.statement(stored.statement.name);
    const sql::RelationName& target = std::get<sql::RowStatement>(stored.statement.body).target;
    if (applied.stream_id != stream.id || applied.target != target)
        throw sql::PipelineError({diagnostic_at(
            files_, stored.statement, 0,
            applied.name + " goes from stream " + ledger_.stream(applied.stream_id)->name.text() +
                " to table " + applied.target.text() + ", and that can't be changed",
            hint_to_replace(applied, ledger_))});
    stored.id = applied.id;
    check_rows(transaction_, files_, stream, stored);
    replace(stream, stored);
    if (options_.rebuild) read_again(stream, stored);
    if (mark_mixed(transaction_, stored.id) && !options_.rebuild)
        done.warnings.push_back("from now on: what it has stored stays as it is");
}

void Redefinition::view(const StoredStream& stream, StoredStatement& stored,
                        std::vector<const StoredStatement*> others, Deployed& done) {
    const AppliedStatement& applied = *ledger_.statement(stored.statement.name);
    if (applied.stream_id != stream.id || applied.target != view_of(stored).name)
        throw sql::PipelineError({diagnostic_at(
            files_, stored.statement, 0,
            applied.name + " is view " + applied.target.text() + " of stream " +
                ledger_.stream(applied.stream_id)->name.text() + ", and that can't be changed",
            hint_to_replace(applied, ledger_))});
    stored.id = applied.id;
    stored.state_table = applied.state_table;
    const ViewDefinition definition = define(stored);
    ViewChange change = change_of(view_of(as_it_was(stream, stored)), view_of(stored));
    if (change != ViewChange::state && !blaming(files_, stored.statement, [&] {
            return has_right_state(transaction_, stream, stored);
        }))
        change = ViewChange::state;
    const bool is_whole =
        change == ViewChange::finish && !applied.is_mixed && !before_.contains(stream.id);
    if (options_.rebuild && !is_whole) return compute_anew(stream, definition);
    if (change == ViewChange::state)
        throw sql::PipelineError({diagnostic_at(
            files_, stored.statement, 0,
            applied.name + " groups or aggregates otherwise than what was applied (" +
                applied.origin.file + ":" + number(applied.origin.line) +
                "), and what it holds doesn't tell the new figures",
            beside)});
    blaming(files_, stored.statement, [&] {
        point_at(transaction_, definition, stored.state_table);
        others.push_back(&stored);
        open_stage(transaction_, stream);
        check_passes(transaction_, files_, stored.statement, others);
        close_stage(transaction_);
    });
    replace(stream, stored);
    if (change == ViewChange::source && mark_mixed(transaction_, stored.id))
        done.warnings.push_back("from now on: what it has counted stays. tidewheel rebuild " +
                                applied.name + " counts every record by the new text");
}

void Redefinition::unchanged(const StoredStream& stream, const StoredStatement& stored) {
    if (!options_.rebuild || !ledger_.statement(stored.statement.name)->is_mixed) return;
    if (!is_view(stored)) return read_again(stream, stored);
    compute_anew(stream, as_it_is(stream, stored));
}

// Checked under the view's own name, which the view that there is makes way for meanwhile.
ViewDefinition Redefinition::define(const StoredStatement& stored) {
    ViewDefinition definition{stored, {}, ""};
    blaming(files_, stored.statement, [&] {
        in_scratch(transaction_, [&] {
            transaction_.run("ALTER VIEW " + view_of(stored).name.quoted() +
                             " RENAME TO tidewheel_replaced");
            definition.columns = check_view(transaction_, files_, stored.statement);
        });
    });
    return definition;
}

// Of a text that was checked before: nobody's view is touched for it.
ViewDefinition Redefinition::as_it_is(const StoredStream& stream, const StoredStatement& stored) {
    return {stored,
            blaming(files_, stored.statement,
                    [&] { return defined_columns(transaction_, stream, stored); }),
            ""};
}

void Redefinition::replace(const StoredStream& stream, const StoredStatement& stored) {
    done_.insert(stored.id);
    replace_statement(transaction_, stored);
    settle_partitions(stream, stored, as_it_was(stream, stored));
}

void Redefinition::readers(const postgres::Catalogue& catalogue, const sql::Pipeline& pipeline) {
    std::vector<sql::Diagnostic> wrong;
    for (const StoredStatement& each : catalogue.statements) {
        if (!before_.contains(each.stream_id)) continue;
        mark_mixed(transaction_, each.id);
        if (done_.contains(each.id)) continue;
        StoredStatement stored = each;
        for (const sql::Statement& statement : pipeline.statements)
            if (statement.name == stored.statement.name)
                stored.statement.position = statement.position;
        try {
            reader(catalogue.stream(stored.stream_id), stored);
        } catch (const sql::PipelineError& error) {
            wrong.insert(wrong.end(), error.diagnostics().begin(), error.diagnostics().end());
        }
    }
    if (!wrong.empty()) throw sql::PipelineError(std::move(wrong));
    for (const auto& [id, stream] : before_)
        passes(catalogue, catalogue.stream(id));
}

void Redefinition::reader(const StoredStream& stream, const StoredStatement& stored) {
    const bool is_new = !ledger_.statement(stored.statement.name);  // made by this very apply
    const bool again = options_.rebuild && !is_new;
    transaction_.run("SET LOCAL search_path = " + stored.search_path);
    if (!is_new) settle_partitions(stream, stored, as_it_was(stream, stored));
    if (!is_view(stored)) {
        try {
            check_rows(transaction_, files_, stream, stored);
        } catch (const sql::PipelineError& error) {
            throw with_hint(error, stream, stored);
        }
        if (again) read_again(stream, stored);
        return;
    }
    if (again) return compute_anew(stream, as_it_is(stream, stored));
    if (!blaming(files_, stored.statement,
                 [&] { return has_right_state(transaction_, stream, stored); }))
        throw sql::PipelineError(
            {diagnostic_at(files_, stored.statement, 0,
                           stored.statement.name + " has figures of other types, now that stream " +
                               stream.stream.name.text() + " has",
                           beside)});
}

// All views of the stream, as services will run them.
void Redefinition::passes(const postgres::Catalogue& catalogue, const StoredStream& stream) {
    std::vector<const StoredStatement*> views;
    for (const StoredStatement& each : catalogue.statements)
        if (each.stream_id == stream.id && is_view(each) && !is_to_come(each.id))
            views.push_back(&each);
    if (views.empty()) return;
    in_scratch(transaction_, [&] {
        open_stage(transaction_, stream);
        check_passes(transaction_, files_, views.front()->statement, views);
    });
}

void Redefinition::require_whole_topic(const StoredStream& stream,
                                       const sql::Statement& statement) {
    for (const int partition : sql::partitions_read(statement, stream.stream)) {
        const std::int64_t first = admin_.watermarks(stream.stream.topic, partition).first;
        if (first > 0 && !options_.from_what_is_left)
            throw sql::PipelineError({diagnostic_at(
                files_, statement, 0,
                statement.name + " can't be computed anew: topic " + stream.stream.topic +
                    ", partition " + number(partition) + " has lost its first " +
                    plural(first, "offset"),
                "--from-what-is-left does it all the same; without --rebuild it is changed from "
                "now on")});
    }
}

// Tried now, for it is carried out behind the commit.
void Redefinition::compute_anew(const StoredStream& stream, const ViewDefinition& definition) {
    require_whole_topic(stream, definition.stored.statement);
    ViewDefinition trial = definition;
    trial.stored.state_table = "tidewheel.tidewheel_trial";
    blaming(files_, definition.stored.statement, [&] {
        in_scratch(transaction_, [&] {
            create_state(transaction_, stream, trial.stored);
            if (!keeps_columns(transaction_, trial))
                point_at(transaction_, trial, trial.stored.state_table);
            open_stage(transaction_, stream);
            check_passes(transaction_, files_, trial.stored.statement, {&trial.stored});
        });
    });
    done_.insert(definition.stored.id);
    definitions_.push_back(definition);
}

void Redefinition::read_again(const StoredStream& stream, const StoredStatement& stored) {
    const std::string why =
        blaming(files_, stored.statement, [&] { return why_twice(transaction_, stream, stored); });
    if (why.empty())
        rows_.insert(stored.statement.name);
    else
        notes_.push_back(stored.statement.name +
                         " doesn't read its topic again, for rows would be stored twice: " + why +
                         ". It is changed from now on");
}

// From now on means the end of a partition that the statement did not read until now; but one that
// the stream has gained is read from its first record, unless the statement has read it before.
// `old`: the statement as it was, over the stream as it was.
void Redefinition::settle_partitions(const StoredStream& stream, const StoredStatement& stored,
                                     const StoredStatement& old) {
    const std::string& topic = stream.stream.topic;
    std::set<int> known;
    bool has_begun = false;
    for (const postgres::Row& row : transaction_.query(
             "SELECT partition, next_offset FROM tidewheel.progress WHERE statement_id = $1",
             {number(stored.id)})) {
        const int partition = static_cast<int>(row.integer(0));
        known.insert(partition);
        has_begun = has_begun || !row.is_null(1);
        if (postgres::reads(stored, stream, partition)) continue;
        if (!row.is_null(1))
            note_passed(stored.id, topic, partition, row.integer(1), "read until it was changed");
        transaction_.query(
            "DELETE FROM tidewheel.progress WHERE statement_id = $1 AND partition = $2",
            {number(stored.id), number(partition)});
    }
    const int partitions = admin_.partitions(topic).value_or(stream.stream.partitions);
    for (int partition = 0; partition < partitions; ++partition) {
        if (known.contains(partition) || !postgres::reads(stored, stream, partition)) continue;
        const bool is_gained =
            partition >= before(stream).stream.partitions && !has_passed(stored.id, partition);
        const bool from_now_on =
            has_begun && !is_gained && !postgres::reads(old, before(stream), partition);
        const std::int64_t end = from_now_on ? admin_.watermarks(topic, partition).second : 0;
        transaction_.query(
            "INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset) VALUES "
            "($1, $2, $3, $4)",
            {number(stored.id), topic, number(partition),
             from_now_on ? postgres::Parameter(number(end)) : postgres::Parameter()});
        note_passed(stored.id, topic, partition, end, "not read before it was changed");
    }
}

// Up to `end`, as far as nothing is noted yet: the statement doesn't read it any more.
void Redefinition::note_passed(int statement, const std::string& topic, int partition,
                               std::int64_t end, const std::string& reason) {
    transaction_.query(
        "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, end_offset, "
        "reason) SELECT $1::integer, $2, $3::integer, coalesce(max(end_offset), 0), $4::bigint, $5 "
        "FROM tidewheel.skipped WHERE statement_id = $1::integer AND partition = $3::integer "
        "HAVING coalesce(max(end_offset), 0) < $4::bigint",
        {number(statement), topic, number(partition), number(end), reason});
}

bool Redefinition::has_passed(int statement, int partition) {
    return !transaction_
                .query("SELECT FROM tidewheel.skipped WHERE statement_id = $1 AND partition = $2",
                       {number(statement), number(partition)})
                .empty();
}

// The statement by the text that is in the catalogue, over the stream as it was.
StoredStatement Redefinition::as_it_was(const StoredStream& stream,
                                        const StoredStatement& stored) const {
    StoredStatement old = stored;
    old.statement = sql::parse_statement(ledger_.statement(stored.statement.name)->origin.text,
                                         {before(stream).stream});
    return old;
}

}  // namespace tidewheel::cli
