#include "topic_sink.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "error_location.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/sql/topic_target.hpp"

namespace tidewheel::apply {
namespace {

using postgres::quote_name;
using sql::Stream;
using sql::StreamColumn;

// True of a row that becomes a tombstone: no field but the key has a value.
std::string says_nothing(const Stream& stream) {
    std::string condition;
    for (const StreamColumn& column : stream.columns)
        if (sql::is_value(stream, column))
            condition += (condition.empty() ? "(" : " AND ") + quote_name(column.name) + " IS NULL";
    return condition + ")";
}

// A name that no CHECK of the stream has.
std::string constraint(const std::string& name, const std::string& condition) {
    return ", CONSTRAINT " + quote_name(name) + " CHECK (" + condition + ")";
}

// With the option tombstones, a tombstone is judged by its key alone. The CHECKs that read a column
// which can't be written go with that column: PostgreSQL knows which ones those are.
class OutboxDdl {
  public:
    explicit OutboxDdl(const Stream& stream)
        : stream_(stream),
          key_(sql::key_of(stream)),
          has_tombstones_(stream.ignores_tombstones && key_),
          says_nothing_(says_nothing(stream)) {}

    std::string text() {
        for (const StreamColumn& column : stream_.columns)
            sql::is_writable(column) ? add(column) : add_for_now(column);
        for (const sql::Check& check : stream_.checks)
            rules_ += constraint(check.name, unless_tombstone(check.expression));
        if (!has_tombstones_)
            rules_ += constraint("has_a_value", "NOT " + says_nothing_);
        else if (!key_->not_null)
            rules_ +=
                constraint("tombstone_has_a_key", "NOT " + says_nothing_ + " OR " +
                                                      quote_name(key_->name) + " IS NOT NULL");
        const std::string outbox = sql::outbox_of(stream_.name).quoted();
        return "CREATE TABLE " + outbox + " (" + columns_ + rules_ + ")" +
               (drops_.empty() ? "" : "; ALTER TABLE " + outbox + drops_);
    }

  private:
    void add_column(const std::string& name, const std::string& type) {
        columns_ += (columns_.empty() ? "" : ", ") + name + " " + type;
    }

    void add_for_now(const StreamColumn& column) {
        const std::string name = quote_name(column.name);
        add_column(name, column.type);
        drops_ += (drops_.empty() ? " DROP COLUMN " : ", DROP COLUMN ") + name;
    }

    void add(const StreamColumn& column) {
        const std::string name = quote_name(column.name);
        add_column(name, column.type);
        if (!column.fallback.empty()) columns_ += " DEFAULT " + column.fallback;
        if (!column.not_null) return;
        if (has_tombstones_ && sql::is_value(stream_, column))
            rules_ +=
                constraint(column.name + "_not_null", unless_tombstone(name + " IS NOT NULL"));
        else
            columns_ += " NOT NULL";
    }

    std::string unless_tombstone(const std::string& condition) const {
        return has_tombstones_ ? says_nothing_ + " OR (" + condition + ")" : condition;
    }

    const Stream& stream_;
    const StreamColumn* const key_;
    const bool has_tombstones_;
    const std::string says_nothing_;
    std::string columns_, rules_, drops_;
};

[[noreturn]] void refuse(const PipelineFiles& files, const sql::Statement& statement,
                         const std::string& word, std::string what, std::string hint) {
    throw sql::PipelineError(
        {diagnostic_at_word(files, statement, word, std::move(what), std::move(hint))});
}

const Stream* target_of(const catalogue::Catalogue& catalogue, const sql::Statement& statement) {
    const auto* rows = std::get_if<sql::RowStatement>(&statement.body);
    for (const catalogue::StoredStream& each : catalogue.streams)
        if (rows && rows->target == sql::outbox_of(each.stream.name)) return &each.stream;
    return nullptr;
}

std::vector<StreamColumn> written_columns(const Stream& stream) {
    std::vector<StreamColumn> columns;
    std::ranges::copy_if(stream.columns, std::back_inserter(columns), sql::is_writable);
    return columns;
}

bool only_gains_columns(const Stream& before, const Stream& after) {
    const auto old = written_columns(before), now = written_columns(after);
    const auto is_same = [](const StreamColumn& one, const StreamColumn& other) {
        return one.name == other.name && one.type == other.type && one.not_null == other.not_null &&
               one.fallback == other.fallback;
    };
    const auto* old_key = sql::key_of(before);
    const auto* new_key = sql::key_of(after);
    return old.size() <= now.size() && std::equal(old.begin(), old.end(), now.begin(), is_same) &&
           std::all_of(now.begin() + static_cast<std::ptrdiff_t>(old.size()), now.end(),
                       [](const StreamColumn& column) {
                           return !column.not_null || !column.fallback.empty();
                       }) &&
           before.checks == after.checks && before.ignores_tombstones == after.ignores_tombstones &&
           (old_key ? old_key->name : "") == (new_key ? new_key->name : "");
}

// With the rows that wait, and with numbers that go on: those of Kafka's position. The columns of
// an INSERT that names none are the first ones, so new ones stand before our own.
void make_again(postgres::Transaction& transaction, const Stream& before, const std::string& ddl) {
    const sql::RelationName outbox = sql::outbox_of(before.name);
    const sql::RelationName former{outbox.schema, "tidewheel_former_outbox"};
    transaction.run("ALTER TABLE " + outbox.quoted() + " RENAME TO " + quote_name(former.name));
    transaction.run(ddl);
    catalogue::make_outbox(transaction, outbox);
    std::string columns =
        "tidewheel_seq, tidewheel_stream, tidewheel_partition, tidewheel_stored_at";
    for (const StreamColumn& column : written_columns(before))
        columns += ", " + quote_name(column.name);
    transaction.run("INSERT INTO " + outbox.quoted() + " (" + columns +
                    ") OVERRIDING SYSTEM VALUE SELECT " + columns + " FROM " + former.quoted());
    transaction.query(
        "SELECT setval(pg_get_serial_sequence($1, 'tidewheel_seq'), "
        "nextval(pg_get_serial_sequence($2, 'tidewheel_seq')))",
        {outbox.quoted(), former.quoted()});
    transaction.run("DROP TABLE " + former.quoted());
}

}  // namespace

std::string outbox_ddl(const Stream& stream) {
    return OutboxDdl(stream).text();
}

void prepare_outbox(DeploymentState& deployment, const sql::Statement& statement) {
    const auto& into = std::get<sql::RowStatement>(statement.body).into_stream;
    if (!into) return;
    const auto stream = std::ranges::find_if(
        deployment.report.streams, [&](const auto& each) { return each.stream.name == *into; });
    if (stream == deployment.report.streams.end())
        refuse(deployment.files, statement, into->name,
               "stream " + into->text() + " does not exist", "");
    if (catalogue::find_sink_of_stream(deployment.transaction, stream->id)) return;
    const std::string ddl = outbox_ddl(stream->stream);
    blame(deployment.files, statement, ddl, [&] { deployment.transaction.run(ddl); });
    const sql::RelationName outbox = sql::outbox_of(*into);
    catalogue::make_outbox(deployment.transaction, outbox);
    catalogue::record_sink_of_stream(deployment.transaction, stream->id, outbox);
}

void change_outbox(DeploymentState& deployment, const sql::Statement& change,
                   const catalogue::StoredStream& before, const catalogue::StoredStream& after) {
    if (!catalogue::find_sink_of_stream(deployment.transaction, before.id)) return;
    const std::string name = after.stream.name.text();
    const sql::Unwritable why = sql::why_unwritable(after.stream);
    if (!why.what.empty())
        refuse(
            deployment.files, change, after.stream.name.name,
            "statements write to stream " + name + ", which could not be written then: " + why.what,
            why.hint);
    const std::string ddl = outbox_ddl(after.stream);
    if (outbox_ddl(before.stream) == ddl) return;
    if (!only_gains_columns(before.stream, after.stream))
        refuse(deployment.files, change, after.stream.name.name,
               "while statements write to stream " + name +
                   ", it can only gain columns, behind the others, that may be NULL or have a "
                   "DEFAULT",
               "Declare another stream of the same topic and write to that one; or run `tidewheel "
               "drop --cascade " +
                   name +
                   "` when no rows wait (tidewheel status), then apply again: its statements read "
                   "their topics from the start.");
    blame(deployment.files, change, ddl,
          [&] { make_again(deployment.transaction, before.stream, ddl); });
}

// Topics and not streams: several streams may be of one topic.
void require_no_cycle(const PipelineFiles& files, const catalogue::Catalogue& catalogue) {
    for (const catalogue::StoredStatement& first : catalogue.statements) {
        const Stream* into = target_of(catalogue, first.statement);
        if (!into) continue;
        const std::string& home = catalogue.stream(first.stream_id).stream.topic;
        std::set<std::string> reached;
        const std::function<void(const Stream&)> go = [&](const Stream& stream) {
            if (!reached.insert(stream.topic).second) return;
            for (const catalogue::StoredStatement& next : catalogue.statements)
                if (catalogue.stream(next.stream_id).stream.topic == stream.topic)
                    if (const Stream* further = target_of(catalogue, next.statement)) go(*further);
        };
        go(*into);
        if (reached.contains(home))
            throw sql::PipelineError({diagnostic_at(
                files, first.statement, 0,
                first.statement.name + " reads topic " + home +
                    ", to which its own records come back: they would go round for ever",
                "Write to a topic that nothing leads back from.")});
    }
}

}  // namespace tidewheel::apply
