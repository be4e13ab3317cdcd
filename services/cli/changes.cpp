#include "cli/changes.hpp"

#include <algorithm>
#include <map>

namespace tidewheel::cli {
namespace {

sql::Diagnostic differs(const sql::Statement& statement, const Origin& applied,
                        const PipelineFiles& files, const std::string& hint) {
    return {statement.position,
            statement.name + " differs from what was applied (" + applied.file + ":" +
                std::to_string(applied.line) + ")",
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
    void add_stream(const sql::Statement& statement, const sql::Stream& stream) {
        const AppliedStream* applied = ledger_.stream(
            {stream.name.schema.empty() ? schema_ : stream.name.schema, stream.name.name});
        judge(statement, applied ? &applied->origin : nullptr,
              "tidewheel drop --cascade " + stream.name.text() + ", then apply again");
    }

    void add_continuous(const sql::Statement& statement) {
        const AppliedStatement* applied = ledger_.statement(statement.name);
        judge(statement, applied ? &applied->origin : nullptr,
              "tidewheel drop " + statement.name + ", then apply again");
    }

    void judge(const sql::Statement& statement, const Origin* applied, const std::string& hint) {
        if (applied && applied->fingerprint != statement.fingerprint)
            wrong_.push_back(differs(statement, *applied, files_, hint));
        else
            keep(statement, applied ? Verdict::unchanged : Verdict::create);
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
                statement, applied->origin, files_,
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
        if (verdict == Verdict::create) created_in_ = statement.position.file;
        changes_.push_back({statement, verdict, object});
    }

    const Ledger& ledger_;
    const PipelineFiles& files_;
    const std::string& schema_;
    std::string created_in_;  // the file in which something before this statement is new
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

bool has_stream(const std::vector<Change>& changes, const sql::RelationName& name) {
    return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
        const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
        return stream && stream->name.name == name.name &&
               (stream->name.schema.empty() || stream->name.schema == name.schema);
    });
}

}  // namespace

std::vector<Change> compare(const sql::Pipeline& pipeline, const Ledger& ledger,
                            const PipelineFiles& files, const std::string& schema) {
    Comparison comparison(ledger, files, schema);
    for (const sql::Statement& statement : pipeline.statements)
        comparison.add(statement);
    return comparison.finish();
}

std::vector<std::string> describe_removed(const std::vector<Change>& changes, const Ledger& ledger,
                                          const PipelineFiles& files) {
    std::vector<std::string> removed;
    for (const AppliedStatement& applied : ledger.statements) {
        if (!files.contains(applied.origin.file) || has_statement(changes, applied.name)) continue;
        removed.push_back(applied.name + " is no longer in " + applied.origin.file +
                          " but goes on running; `tidewheel drop " + applied.name + "` would " +
                          (applied.is_view
                               ? "drop the view " + applied.target.text() + " and its state table"
                               : "forget the statement and its progress; the table " +
                                     applied.target.text() + " would stay"));
    }
    for (const AppliedStream& applied : ledger.streams) {
        if (!files.contains(applied.origin.file) || has_stream(changes, applied.name)) continue;
        removed.push_back(applied.name.text() + " is no longer in " + applied.origin.file +
                          "; `tidewheel drop " + applied.name.text() +
                          "` would drop the stream and its dead letters; topic " + applied.topic +
                          " would stay");
    }
    return removed;
}

}  // namespace tidewheel::cli
