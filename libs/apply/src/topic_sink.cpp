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

// With the option tombstones, a tombstone is judged by its key alone.
class OutboxDdl {
  public:
    explicit OutboxDdl(const Stream& stream)
        : stream_(stream),
          key_(sql::key_of(stream)),
          has_tombstones_(stream.ignores_tombstones && key_),
          says_nothing_(says_nothing(stream)) {}

    std::string text() {
        for (const StreamColumn& column : stream_.columns)
            if (sql::is_writable(column)) add(column);
        for (const sql::Check& check : stream_.checks)
            rules_ += constraint(check.name, unless_tombstone(check.expression));
        if (!has_tombstones_)
            rules_ += constraint("has_a_value", "NOT " + says_nothing_);
        else if (!key_->not_null)
            rules_ +=
                constraint("tombstone_has_a_key", "NOT " + says_nothing_ + " OR " +
                                                      quote_name(key_->name) + " IS NOT NULL");
        return "CREATE TABLE " + sql::outbox_of(stream_.name).quoted() + " (" + columns_ + rules_ +
               ")";
    }

  private:
    void add(const StreamColumn& column) {
        const std::string name = quote_name(column.name);
        columns_ += (columns_.empty() ? "" : ", ") + name + " " + column.type;
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
    std::string columns_, rules_;
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

void require_same_outbox(DeploymentState& deployment, const sql::Statement& change,
                         const catalogue::StoredStream& before,
                         const catalogue::StoredStream& after) {
    if (!catalogue::find_sink_of_stream(deployment.transaction, before.id)) return;
    const std::string name = after.stream.name.text();
    const sql::Unwritable why = sql::why_unwritable(after.stream);
    if (!why.what.empty())
        refuse(
            deployment.files, change, after.stream.name.name,
            "statements write to stream " + name + ", which could not be written then: " + why.what,
            why.hint);
    if (outbox_ddl(before.stream) != outbox_ddl(after.stream))
        refuse(deployment.files, change, after.stream.name.name,
               "the columns, CHECKs, key and tombstones of stream " + name +
                   " can't change while statements write to it",
               "Declare another stream of the same topic and write to that one; or run `tidewheel "
               "drop --cascade " +
                   name +
                   "` when no rows wait (tidewheel status), then apply again: its statements read "
                   "their topics from the start.");
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
