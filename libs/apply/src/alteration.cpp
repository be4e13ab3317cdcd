#include "alteration.hpp"

#include <algorithm>

#include "error_location.hpp"
#include "tidewheel/apply/type_check.hpp"
#include "tidewheel/apply/view_index.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/skipped_offsets.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "view_diff.hpp"

namespace tidewheel::apply {
namespace {

using catalogue::StoredStatement;
using catalogue::StoredStream;
using postgres::Transaction;

constexpr const char* beside =
    "Run apply --rebuild, which recomputes it from the topic; readers see the old state until "
    "then.";

std::string number(std::int64_t value) {
    return std::to_string(value);
}

const sql::ViewStatement& view_of(const StoredStatement& stored) {
    return std::get<sql::ViewStatement>(stored.statement.body);
}

bool is_view(const StoredStatement& stored) {
    return std::holds_alternative<sql::ViewStatement>(stored.statement.body);
}

// What the stream's own rules have refused so far.
std::int64_t count_dead_letters(Transaction& transaction, int stream) {
    return transaction
        .query(
            "SELECT count(*) FROM tidewheel.dead_letters WHERE stream_id = $1 AND statement_id IS "
            "NULL AND discarded_at IS NULL",
            {number(stream)})[0]
        .integer(0);
}

// A column that the stream has gained may be missing from the table.
sql::PipelineError with_hint(const sql::PipelineError& error, const StoredStream& stream,
                             const StoredStatement& stored) {
    std::vector<sql::Diagnostic> told = error.diagnostics();
    for (sql::Diagnostic& each : told)
        if (each.hint.empty())
            each.hint = "Stream " + stream.stream.name.name +
                        " has changed. If it has gained a column, add ALTER TABLE " +
                        std::get<sql::RowStatement>(stored.statement.body).target.name +
                        " ADD COLUMN IF NOT EXISTS … before this statement.";
    return sql::PipelineError(std::move(told));
}

}  // namespace

const StoredStream& Alteration::before(const StoredStream& stream) const {
    const auto found = before_.find(stream.id);
    return found == before_.end() ? stream : found->second;
}

void Alteration::stream(const sql::Statement& statement, const StoredStream& before,
                        const StoredStream& after, Deployed& done) {
    for (const catalogue::AppliedStatement& reader : catalogue_rows_.statements)
        if (reader.stream_id == before.id && done_.contains(reader.id))
            throw sql::PipelineError(
                {diagnostic_at(files_, statement, 0,
                               "stream " + after.stream.name.text() + " has changed, and so has " +
                                   reader.name + ", which reads it and comes before it",
                               "Put the stream, or its file, first.")});
    catalogue::replace_stream(transaction_, after, catalogue::origin_of(statement));
    before_.emplace(before.id, before);
    if (const std::int64_t dead_letters = count_dead_letters(transaction_, after.id);
        dead_letters > 0)
        done.warnings.push_back(plural(dead_letters, "dead letter") +
                                " of the former rules remain; to store those that pass now: "
                                "tidewheel dlq redrive --stream " +
                                sql::label(after.stream.name));
}

void Alteration::rows(const StoredStream& stream, StoredStatement& stored, Deployed& done) {
    const catalogue::AppliedStatement& applied = *catalogue_rows_.statement(stored.statement.name);
    const sql::RelationName& target = std::get<sql::RowStatement>(stored.statement.body).target;
    if (applied.stream_id != stream.id || applied.target != target)
        throw sql::PipelineError({diagnostic_at(
            files_, stored.statement, 0,
            applied.name + " reads stream " +
                catalogue_rows_.stream(applied.stream_id)->name.text() + " and fills table " +
                applied.target.text() + "; neither can be changed",
            hint_to_replace(applied, catalogue_rows_))});
    stored.id = applied.id;
    check_text(transaction_, files_, stored.statement, stream.stream.name);
    settle_names(transaction_, files_, stored, streams_with(stream));
    check_rows(transaction_, files_, stream, stored);
    replace(stream, stored);
    if (options_.rebuild) recomputation_.add_rows(stream, stored);
    if (catalogue::mark_inconsistent(transaction_, stored.id) && !options_.rebuild)
        done.warnings.push_back("applies to new records only; rows already stored are unchanged");
}

void Alteration::view(const StoredStream& stream, StoredStatement& stored,
                      std::vector<const StoredStatement*> others, Deployed& done) {
    const catalogue::AppliedStatement& applied = *catalogue_rows_.statement(stored.statement.name);
    if (applied.stream_id != stream.id || applied.target != view_of(stored).name)
        throw sql::PipelineError({diagnostic_at(
            files_, stored.statement, 0,
            applied.name + " is view " + applied.target.text() + " of stream " +
                catalogue_rows_.stream(applied.stream_id)->name.text() + "; neither can be changed",
            hint_to_replace(applied, catalogue_rows_))});
    stored.id = applied.id;
    stored.state_table = applied.state_table;
    const ViewDefinition definition =
        changed_definition(transaction_, files_, stored, streams_with(stream));
    ViewDiff change = diff_views(view_of(as_it_was(stream, stored)), view_of(stored));
    if (change != ViewDiff::state && !blame(files_, stored.statement, "", [&] {
            return has_right_state(transaction_, stream, stored);
        }))
        change = ViewDiff::state;
    const bool is_whole =
        change == ViewDiff::finish && !applied.is_inconsistent && !before_.contains(stream.id);
    if (options_.rebuild && !is_whole) return recompute(stream, definition);
    if (change == ViewDiff::state)
        throw sql::PipelineError({diagnostic_at(
            files_, stored.statement, 0,
            applied.name + " changes " +
                (view_of(stored).rows ? "the SELECT list" : "the GROUP BY or an aggregate") +
                " of what was applied (" + applied.origin.file + ":" + number(applied.origin.line) +
                "); the stored state cannot be converted",
            beside)});
    blame(files_, stored.statement, "", [&] {
        point_at(transaction_, definition, stored.state_table);
        others.push_back(&stored);
        open_stage(transaction_, stream);
        check_passes(transaction_, files_, stored.statement, others);
        close_stage(transaction_);
    });
    settle_view_indexes(transaction_, files_, definition, stored.state_table);
    replace(stream, stored);
    if (change == ViewDiff::source && catalogue::mark_inconsistent(transaction_, stored.id))
        done.warnings.push_back(
            "applies to new records only; what it has stored is unchanged. "
            "tidewheel rebuild " +
            applied.name + " applies the new text to all records");
}

void Alteration::unchanged(const StoredStream& stream, const StoredStatement& stored) {
    if (!options_.rebuild || !catalogue_rows_.statement(stored.statement.name)->is_inconsistent)
        return;
    if (!is_view(stored)) return recomputation_.add_rows(stream, stored);
    recompute(stream, present_definition(transaction_, files_, stream, stored));
}

// All streams that a name may mean: this one as it is now, the others as they were.
std::vector<sql::Stream> Alteration::streams_with(const StoredStream& stream) const {
    std::vector<sql::Stream> all = catalogue::declared_streams(catalogue_rows_);
    std::erase_if(all, [&](const sql::Stream& each) { return each.name == stream.stream.name; });
    all.push_back(stream.stream);
    return all;
}

void Alteration::recompute(const StoredStream& stream, const ViewDefinition& definition) {
    recomputation_.add_view(stream, definition);
    done_.insert(definition.stored.id);
}

void Alteration::replace(const StoredStream& stream, const StoredStatement& stored) {
    done_.insert(stored.id);
    catalogue::replace_statement(transaction_, stored);
    change_partitions(stream, stored, as_it_was(stream, stored));
}

void Alteration::readers(const catalogue::Catalogue& catalogue, const sql::Pipeline& pipeline) {
    std::vector<sql::Diagnostic> wrong;
    for (const StoredStatement& each : catalogue.statements) {
        if (!before_.contains(each.stream_id)) continue;
        catalogue::mark_inconsistent(transaction_, each.id);
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

// The stream has changed, so * and the conversion of a column may mean something else now.
void Alteration::resolve_again(const StoredStream& stream, StoredStatement& stored) {
    if (!is_view(stored)) check_text(transaction_, files_, stored.statement, stream.stream.name);
    settle_names(transaction_, files_, stored, streams_with(stream));
    catalogue::replace_statement(transaction_, stored);
}

void Alteration::reader(const StoredStream& stream, StoredStatement& stored) {
    // Created by this apply.
    const bool is_new = !catalogue_rows_.statement(stored.statement.name);
    const bool again = options_.rebuild && !is_new;
    transaction_.run("SET LOCAL search_path = " + stored.search_path);
    if (!is_new) change_partitions(stream, stored, as_it_was(stream, stored));
    if (!is_view(stored)) {
        try {
            resolve_again(stream, stored);
            check_rows(transaction_, files_, stream, stored);
        } catch (const sql::PipelineError& error) {
            throw with_hint(error, stream, stored);
        }
        if (again) recomputation_.add_rows(stream, stored);
        return;
    }
    resolve_again(stream, stored);
    if (again) return recompute(stream, present_definition(transaction_, files_, stream, stored));
    if (!blame(files_, stored.statement, "",
               [&] { return has_right_state(transaction_, stream, stored); }))
        throw sql::PipelineError(
            {diagnostic_at(files_, stored.statement, 0,
                           "stream " + stream.stream.name.text() +
                               " has changed, and with it the columns of " + stored.statement.name,
                           beside)});
}

// All views of the stream, as services will run them.
void Alteration::passes(const catalogue::Catalogue& catalogue, const StoredStream& stream) {
    std::vector<const StoredStatement*> views;
    for (const StoredStatement& each : catalogue.statements)
        if (each.stream_id == stream.id && is_view(each) && !recomputation_.next(each.id))
            views.push_back(&each);
    if (views.empty()) return;
    in_scratch(transaction_, [&] {
        open_stage(transaction_, stream);
        check_passes(transaction_, files_, views.front()->statement, views);
    });
}

// A partition that the statement did not read before is read from its present end; but one that the
// stream has gained is read from its first record, unless the statement has read it before.
// `old`: the statement as it was, over the stream as it was.
void Alteration::change_partitions(const StoredStream& stream, const StoredStatement& stored,
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
        if (executor::reads(stored, stream, partition)) continue;
        if (!row.is_null(1))
            catalogue::note_passed(transaction_, stored.id, topic, partition, row.integer(1),
                                   "read until it was changed");
        catalogue::remove_partition(transaction_, stored.id, partition);
    }
    const int partitions = admin_.partitions(topic).value_or(stream.stream.partitions);
    for (int partition = 0; partition < partitions; ++partition) {
        if (known.contains(partition) || !executor::reads(stored, stream, partition)) continue;
        const bool is_gained =
            partition >= before(stream).stream.partitions && !has_passed(stored.id, partition);
        const bool from_now_on =
            has_begun && !is_gained && !executor::reads(old, before(stream), partition);
        const std::int64_t end = from_now_on ? admin_.watermarks(topic, partition).second : 0;
        catalogue::add_partition(transaction_, stored.id, topic, partition,
                                 from_now_on ? std::optional(end) : std::nullopt);
        catalogue::note_passed(transaction_, stored.id, topic, partition, end,
                               "not read before it was changed");
    }
}

bool Alteration::has_passed(int statement, int partition) {
    return !transaction_
                .query("SELECT FROM tidewheel.skipped WHERE statement_id = $1 AND partition = $2",
                       {number(statement), number(partition)})
                .empty();
}

// The statement by the text that is in the catalogue, over the stream as it was.
StoredStatement Alteration::as_it_was(const StoredStream& stream,
                                      const StoredStatement& stored) const {
    StoredStatement old = stored;
    const std::string& resolved = catalogue_rows_.statement(stored.statement.name)->resolution.text;
    if (resolved.empty()) return old;
    old.resolution.text = resolved;
    catalogue::adopt(old, {before(stream).stream});
    return old;
}

}  // namespace tidewheel::apply
