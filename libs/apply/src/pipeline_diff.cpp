#include "tidewheel/apply/pipeline_diff.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tidewheel::apply {
namespace {

sql::Diagnostic differs(const sql::Statement& statement, const catalogue::Origin& applied,
                        const PipelineFiles& files, const std::string& how,
                        const std::string& hint) {
    return {statement.position,
            statement.name + " differs from what was applied (" + applied.file + ":" +
                std::to_string(applied.line) + ")" + (how.empty() ? "" : " " + how),
            hint, files.line(statement.position.file, statement.position.line)};
}

class DefinitionDiff {
  public:
    DefinitionDiff(const catalogue::CatalogueRows& catalogue_rows, const PipelineFiles& files,
                   const std::string& schema)
        : catalogue_rows_(catalogue_rows), files_(files), schema_(schema) {}

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
    // Progress counts in the topic's offsets, and windows are complete by the event time.
    void add_stream(const sql::Statement& statement, const sql::Stream& stream) {
        const catalogue::AppliedStream* applied =
            catalogue_rows_.stream(qualified(stream.name, schema_));
        if (!applied) return keep(statement, ChangeKind::create);
        const sql::Stream before =
            std::get<sql::Stream>(sql::parse_statement(applied->origin.text, {}).body);
        const bool can_change = before.topic == stream.topic && before.format == stream.format &&
                                before.event_time == stream.event_time;
        judge(statement, applied->origin, can_change, "in its topic, format or event time",
              "Run `tidewheel drop --cascade " + stream.name.text() + "`, then apply again.");
    }

    void add_continuous(const sql::Statement& statement) {
        const catalogue::AppliedStatement* applied = catalogue_rows_.statement(statement.name);
        if (!applied) return keep(statement, ChangeKind::create);
        const bool is_view = std::holds_alternative<sql::ViewStatement>(statement.body);
        judge(statement, applied->origin, is_view == applied->is_view,
              applied->is_view ? "that was a view" : "that was not a view",
              hint_to_replace(*applied, catalogue_rows_));
    }

    void judge(const sql::Statement& statement, const catalogue::Origin& applied, bool can_change,
               const std::string& how, const std::string& hint) {
        if (applied.fingerprint == statement.fingerprint)
            keep(statement, ChangeKind::unchanged, {}, &applied);
        else if (can_change)
            keep(statement, ChangeKind::change, {}, &applied);
        else
            wrong_.push_back(differs(statement, applied, files_, how, hint));
    }

    // Two GRANTs on one table are two objects to the catalogue: the second is "… (2)".
    void add_plain(const sql::Statement& statement, const sql::PlainStatement& plain) {
        const int nth = ++plain_[plain.object];
        const std::string object =
            nth == 1 ? plain.object : plain.object + " (" + std::to_string(nth) + ")";
        const catalogue::AppliedObject* applied = catalogue_rows_.object(object);
        const bool same = applied && applied->origin.fingerprint == statement.fingerprint;
        if (plain.sink && applied) return add_sink(statement, *plain.sink, *applied);
        if (applied && !same && !plain.repeatable) {
            wrong_.push_back(differs(
                statement, applied->origin, files_, "",
                applied->view != 0
                    ? "Run `tidewheel drop '" + object +
                          "'`, then apply again, which creates the index from this text."
                    : "Change it with SQL and restore this text; or DROP it, run `tidewheel drop "
                      "'" +
                          object + "'`, and apply again."));
            return;
        }
        const bool again = plain.repeatable && (!same || created_in_ == statement.position.file);
        keep(statement,
             !applied ? ChangeKind::create
             : again  ? ChangeKind::repeat
                      : ChangeKind::unchanged,
             object, applied ? &applied->origin : nullptr);
    }

    // Rows that wait have the columns of before.
    void add_sink(const sql::Statement& statement, const sql::Sink& sink,
                  const catalogue::AppliedObject& applied) {
        const auto before = sql::parse_statement(applied.origin.text, {});
        const auto& old = std::get<sql::PlainStatement>(before.body).sink.value();
        const std::string name = sql::label(qualified(sink.name, schema_));
        if (applied.origin.fingerprint == statement.fingerprint)
            keep(statement, ChangeKind::unchanged, applied.object, &applied.origin);
        else if (old.as_table == sink.as_table && old.server == sink.server)
            keep(statement, ChangeKind::change, applied.object, &applied.origin);
        else
            wrong_.push_back(differs(
                statement, applied.origin, files_, "in its columns or server",
                "Run `tidewheel drop --cascade 'sink " + name +
                    "'` when no rows wait (tidewheel status), then apply again: its statements "
                    "read the topic from the start."));
    }

    void keep(const sql::Statement& statement, ChangeKind kind, const std::string& object = {},
              const catalogue::Origin* applied = nullptr) {
        if (kind == ChangeKind::create || kind == ChangeKind::change)
            created_in_ = statement.position.file;
        changes_.push_back({statement, kind, object, applied ? applied->text : ""});
    }

    const catalogue::CatalogueRows& catalogue_rows_;
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

std::string removed_statement(const catalogue::AppliedStatement& applied) {
    const std::string consequence =
        applied.is_view ? "drop the view " + applied.target.text() +
                              ", its state table and its own dead letters"
                        : "remove the statement, its progress and its own dead letters; table " +
                              applied.target.text() + " would be kept";
    return applied.name + " is no longer in " + applied.origin.file +
           " but keeps running; `tidewheel drop " + applied.name + "` would " + consequence;
}

std::string removed_stream(const catalogue::AppliedStream& applied) {
    return applied.name.text() + " is no longer in " + applied.origin.file + "; `tidewheel drop " +
           applied.name.text() + "` would drop the stream and its dead letters; topic " +
           applied.topic + " would be kept";
}

std::string removed_object(const catalogue::AppliedObject& applied) {
    return applied.object + " is no longer in " + applied.origin.file +
           " but stays in the database; `tidewheel drop '" + applied.object +
           (applied.view != 0 || catalogue::sink_of(applied)
                ? "'` would drop it"
                : "'` would remove it from the catalogue only; DROP it yourself");
}

// Whether an object, which the catalogue calls TABLE a.t, is in one of the schemas; names in public
// have no schema.
bool is_of(const std::string& object, const std::set<std::string>& schemas) {
    return std::any_of(schemas.begin(), schemas.end(), [&](const std::string& schema) {
        return object.find(" " + schema + ".") != std::string::npos ||
               (schema == "public" && object.find('.') == std::string::npos);
    });
}

}  // namespace

sql::RelationName qualified(const sql::RelationName& name, const std::string& schema) {
    return {name.schema.empty() ? schema : name.schema, name.name};
}

// A dropped INSERT leaves its rows behind, and the new one reads the topic from the start.
std::string hint_to_replace(const catalogue::AppliedStatement& applied,
                            const catalogue::CatalogueRows& catalogue_rows) {
    if (applied.is_view) return "Run `tidewheel drop " + applied.name + "`, then apply again.";
    std::string sharing;
    for (const catalogue::AppliedStatement& other : catalogue_rows.statements)
        if (other.target == applied.target) sharing += " " + other.name;
    return "Run `tidewheel drop" + sharing + "`, empty the table (TRUNCATE " +
           applied.target.quoted() +
           ") unless you want to keep its rows, then apply again: the topic is read from the "
           "start.";
}

std::vector<Change> compare(const sql::Pipeline& pipeline,
                            const catalogue::CatalogueRows& catalogue_rows,
                            const PipelineFiles& files, const std::string& schema) {
    DefinitionDiff diff(catalogue_rows, files, schema);
    for (const sql::Statement& statement : pipeline.statements)
        diff.add(statement);
    return diff.finish();
}

std::vector<std::string> describe_removed(const std::vector<Change>& changes,
                                          const catalogue::CatalogueRows& catalogue_rows,
                                          const PipelineFiles& files, const std::string& schema) {
    std::vector<std::string> removed;
    // One file may have been applied in several schemas.
    std::set<std::string> elsewhere;
    for (const catalogue::AppliedStatement& applied : catalogue_rows.statements)
        if (files.contains(applied.origin.file) && applied.home != schema)
            elsewhere.insert(applied.home);
    for (const catalogue::AppliedStatement& applied : catalogue_rows.statements)
        if (files.contains(applied.origin.file) && applied.home == schema &&
            !has_statement(changes, applied.name))
            removed.push_back(removed_statement(applied));
    for (const catalogue::AppliedStream& applied : catalogue_rows.streams)
        if (files.contains(applied.origin.file) && !elsewhere.contains(applied.name.schema) &&
            !has_stream(changes, applied.name, schema))
            removed.push_back(removed_stream(applied));
    for (const catalogue::AppliedObject& applied : catalogue_rows.objects)
        if (files.contains(applied.origin.file) && !is_of(applied.object, elsewhere) &&
            !has_object(changes, applied.object))
            removed.push_back(removed_object(applied));
    return removed;
}

}  // namespace tidewheel::apply
