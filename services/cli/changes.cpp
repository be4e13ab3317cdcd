#include "cli/changes.hpp"

#include <algorithm>
#include <map>

namespace tidewheel::cli {
namespace {

sql::Diagnostic differs(const sql::Statement& statement, const Origin& applied,
                        const PipelineFiles& files, const std::string& how,
                        const std::string& hint) {
    return {statement.position,
            statement.name + " differs from what was applied (" + applied.file + ":" +
                std::to_string(applied.line) + ")" + (how.empty() ? "" : " " + how),
            hint, files.line(statement.position.file, statement.position.line)};
}

class Comparison {
  public:
    Comparison(const Ledger& ledger, const PipelineFiles& files, const std::string& schema)
        : ledger_(ledger), files_(files), schema_(schema) {}

    void add(const sql::Statement& statement) {
        if (const auto* stream = std::get_if<sql::Stream>(&statement.body))
            add_stream(statement, *stream);
        else if (const auto* plain = std::get_if<sql::PlainStatement>(&statement.body))
            add_plain(statement, *plain);
        else
            add_continuous(statement);
    }

    std::vector<Change> finish() {
        if (!wrong_.empty()) throw sql::PipelineError(std::move(wrong_));
        return std::move(changes_);
    }

  private:
    // Progress is counted in the topic's offsets, and what is complete by the event time.
    void add_stream(const sql::Statement& statement, const sql::Stream& stream) {
        const AppliedStream* applied = ledger_.stream(qualified(stream.name, schema_));
        if (!applied) return keep(statement, Verdict::create);
        const sql::Stream before =
            std::get<sql::Stream>(sql::parse_statement(applied->origin.text, {}).body);
        const bool can_change = before.topic == stream.topic && before.format == stream.format &&
                                before.event_time == stream.event_time;
        judge(statement, applied->origin, can_change, "in its topic, format or event time",
              "tidewheel drop --cascade " + stream.name.text() + ", then apply again");
    }

    void add_continuous(const sql::Statement& statement) {
        const AppliedStatement* applied = ledger_.statement(statement.name);
        if (!applied) return keep(statement, Verdict::create);
        const bool is_view = std::holds_alternative<sql::ViewStatement>(statement.body);
        judge(statement, applied->origin, is_view == applied->is_view,
              applied->is_view ? "that was a view" : "that was no view",
              hint_to_replace(*applied, ledger_));
    }

    void judge(const sql::Statement& statement, const Origin& applied, bool can_change,
               const std::string& how, const std::string& hint) {
        if (applied.fingerprint == statement.fingerprint)
            keep(statement, Verdict::unchanged);
        else if (can_change)
            keep(statement, Verdict::change);
        else
            wrong_.push_back(differs(statement, applied, files_, how, hint));
    }

    // Two GRANTs on one table are two objects to the catalogue: the second is "… (2)".
    void add_plain(const sql::Statement& statement, const sql::PlainStatement& plain) {
        const int nth = ++plain_[plain.object];
        const std::string object =
            nth == 1 ? plain.object : plain.object + " (" + std::to_string(nth) + ")";
        const AppliedObject* applied = ledger_.object(object);
        const bool same = applied && applied->origin.fingerprint == statement.fingerprint;
        if (applied && !same && !plain.repeatable) {
            wrong_.push_back(differs(
                statement, applied->origin, files_, "",
                "change it by hand and keep this text as it was; or DROP it, tidewheel drop '" +
                    object + "', and apply again"));
            return;
        }
        const bool again = plain.repeatable && (!same || created_in_ == statement.position.file);
        keep(statement,
             !applied ? Verdict::create
             : again  ? Verdict::repeat
                      : Verdict::unchanged,
             object);
    }

    void keep(const sql::Statement& statement, Verdict verdict, const std::string& object = {}) {
        if (verdict == Verdict::create || verdict == Verdict::change)
            created_in_ = statement.position.file;
        changes_.push_back({statement, verdict, object});
    }

    const Ledger& ledger_;
    const PipelineFiles& files_;
    const std::string& schema_;
    std::string created_in_;  // the file in which something before this statement is new or other
    std::map<std::string, int> plain_;
    std::vector<Change> changes_;
    std::vector<sql::Diagnostic> wrong_;
};

bool has_statement(const std::vector<Change>& changes, const std::string& name) {
    return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
        return !std::holds_alternative<sql::PlainStatement>(change.statement.body) &&
               change.statement.name == name;
    });
}

bool has_stream(const std::vector<Change>& changes, const sql::RelationName& name,
                const std::string& schema) {
    return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
        const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
        return stream && qualified(stream->name, schema) == name;
    });
}

bool has_object(const std::vector<Change>& changes, const std::string& object) {
    return std::any_of(changes.begin(), changes.end(),
                       [&](const Change& change) { return change.object == object; });
}

std::string removed_statement(const AppliedStatement& applied) {
    const std::string consequence =
        applied.is_view
            ? "drop the view " + applied.target.text() +
                  ", its state table and its own dead letters"
            : "forget the statement, its progress and its own dead letters; the table " +
                  applied.target.text() + " would stay";
    return applied.name + " is no longer in " + applied.origin.file +
           " but goes on running; `tidewheel drop " + applied.name + "` would " + consequence;
}

std::string removed_stream(const AppliedStream& applied) {
    return applied.name.text() + " is no longer in " + applied.origin.file + "; `tidewheel drop " +
           applied.name.text() + "` would drop the stream and its dead letters; topic " +
           applied.topic + " would stay";
}

std::string removed_object(const AppliedObject& applied) {
    return applied.object + " is no longer in " + applied.origin.file +
           " but stays in the database; `tidewheel drop '" + applied.object +
           "'` would forget that it was applied; to DROP it is yours";
}

}  // namespace

sql::RelationName qualified(const sql::RelationName& name, const std::string& schema) {
    return {name.schema.empty() ? schema : name.schema, name.name};
}

// A dropped INSERT leaves its rows behind, and the new one reads the topic from the start.
std::string hint_to_replace(const AppliedStatement& applied, const Ledger& ledger) {
    if (applied.is_view) return "tidewheel drop " + applied.name + ", then apply again";
    std::string sharing;
    for (const AppliedStatement& other : ledger.statements)
        if (other.target == applied.target) sharing += " " + other.name;
    return "tidewheel drop" + sharing + ", empty the table (TRUNCATE " + applied.target.quoted() +
           ") unless its rows shall stay, then apply again: the topic is read from the start";
}

std::vector<Change> compare(const sql::Pipeline& pipeline, const Ledger& ledger,
                            const PipelineFiles& files, const std::string& schema) {
    Comparison comparison(ledger, files, schema);
    for (const sql::Statement& statement : pipeline.statements)
        comparison.add(statement);
    return comparison.finish();
}

std::vector<std::string> describe_removed(const std::vector<Change>& changes, const Ledger& ledger,
                                          const PipelineFiles& files, const std::string& schema) {
    std::vector<std::string> removed;
    for (const AppliedStatement& applied : ledger.statements)
        if (files.contains(applied.origin.file) && !has_statement(changes, applied.name))
            removed.push_back(removed_statement(applied));
    for (const AppliedStream& applied : ledger.streams)
        if (files.contains(applied.origin.file) && !has_stream(changes, applied.name, schema))
            removed.push_back(removed_stream(applied));
    for (const AppliedObject& applied : ledger.objects)
        if (files.contains(applied.origin.file) && !has_object(changes, applied.object))
            removed.push_back(removed_object(applied));
    return removed;
}

}  // namespace tidewheel::cli
