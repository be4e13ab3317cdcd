#include "cli/deployment.hpp"

#include <algorithm>
#include <regex>

#include "cli/independence.hpp"
#include "cli/redefinition.hpp"
#include "cli/relation.hpp"
#include "cli/running_change.hpp"
#include "cli/source_errors.hpp"
#include "cli/table.hpp"
#include "cli/type_check.hpp"
#include "cli/view_creation.hpp"
#include "tidewheel/postgres/migrations.hpp"

namespace tidewheel::cli {
namespace {

using postgres::DatabaseError;
using postgres::StoredStatement;
using postgres::StoredStream;
using postgres::Transaction;

constexpr std::int64_t most_counted = 1000;  // of the rows that are in a table already

// The schemas by name, so that the statement means the same to whichever role runs it ("$user"
// would not). Never our own: a role named tidewheel would find it by "$user" and put its tables
// there.
std::string settle_search_path(Transaction& transaction) {
    const auto row = transaction.query(
        "SELECT string_agg(quote_ident(s), ', ' ORDER BY n) FROM unnest(current_schemas(false)) "
        "WITH ORDINALITY AS u(s, n) WHERE s <> 'tidewheel'")[0];
    if (row.is_null(0))
        throw Error(Error::Kind::setting, "the search path names no schema that exists",
                    "ALTER ROLE … SET search_path = public");
    transaction.run("SET LOCAL search_path = " + row.text(0));
    return row.text(0);
}

bool can_use_server(Transaction& transaction) {
    return transaction
        .query(
            "SELECT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = 'kafka' AND "
            "has_server_privilege(oid, 'USAGE'))")[0]
        .boolean(0);
}

// Views are plain views underneath, so COMMENT ON MATERIALIZED VIEW has to call them that.
std::string as_applied(const sql::PlainStatement& plain, const std::string& text) {
    static const std::regex comment_on_view("^(\\s*COMMENT\\s+ON)\\s+MATERIALIZED(\\s+VIEW)",
                                            std::regex::icase);
    return plain.kind == "COMMENT" ? std::regex_replace(text, comment_on_view, "$1$2") : text;
}

class Deployment {
  public:
    Deployment(Transaction& transaction, kafka::Admin& admin, const PipelineFiles& files,
               const Ledger& ledger, const std::string& schema, const std::string& search_path,
               const DeploymentOptions& options)
        : transaction_(transaction),
          files_(files),
          ledger_(ledger),
          schema_(schema),
          foreign_(can_use_server(transaction)),
          search_path_(search_path),
          redefinition_(transaction, admin, files, ledger, options) {
        load_streams();
    }

    void apply(const Change& change) {
        Deployed done{change.statement, change.verdict, {}};
        in_savepoint(transaction_, [&] {
            if (std::holds_alternative<sql::Stream>(change.statement.body))
                apply_stream(change, done);
            else if (std::holds_alternative<sql::PlainStatement>(change.statement.body))
                apply_plain(change);
            else
                apply_continuous(change, done);
        });
        report_.statements.push_back(std::move(done));
        report_.changed = report_.changed || change.verdict == Verdict::create ||
                          change.verdict == Verdict::change;
    }

    // When everything is in its place.
    void finish(const sql::Pipeline& pipeline) {
        if (!report_.changed) return;
        const postgres::Catalogue catalogue = postgres::read_catalogue(transaction_);
        redefinition_.readers(catalogue, pipeline);
        require_independence(transaction_, files_, catalogue.statements);
    }

    DeploymentReport report() {
        report_.recomputation = redefinition_.recomputation();
        report_.notes = redefinition_.notes();
        return std::move(report_);
    }

  private:
    void load_streams() {
        const std::vector<sql::Stream> declared = declared_streams(ledger_);
        for (std::size_t i = 0; i < declared.size(); ++i) {
            StoredStream stored{
                ledger_.streams[i].id, declared[i], ledger_.streams[i].is_foreign, {}, {}};
            resolve(stored);
            report_.streams.push_back(std::move(stored));
        }
    }

    void resolve(StoredStream& stored) {
        stored.schema = postgres::resolve_schema(transaction_, stored.stream);
        stored.checks = postgres::resolve_checks(transaction_, stored.stream.name);
    }

    void apply_stream(const Change& change, Deployed& done) {
        if (change.verdict == Verdict::unchanged) return;
        StoredStream stored{0, std::get<sql::Stream>(change.statement.body), foreign_, {}, {}};
        if (stored.stream.name.schema.empty()) stored.stream.name.schema = schema_;
        if (change.verdict == Verdict::change) return change_stream(change, stored, done);
        run_mapped(change.statement, ddl_of(stored),
                   [&](const std::string& ddl) { transaction_.run(ddl); });
        resolve_mapped(change.statement, stored);
        stored.id = record_stream(transaction_, stored, origin_of(change.statement));
        if (!foreign_)
            done.warnings.push_back(
                "there is no server kafka that this role may use: the stream is an empty ordinary "
                "table, which works as well");
        report_.streams.push_back(std::move(stored));
    }

    void change_stream(const Change& change, StoredStream& stored, Deployed& done) {
        StoredStream& current = *std::find_if(
            report_.streams.begin(), report_.streams.end(),
            [&](const StoredStream& each) { return each.stream.name == stored.stream.name; });
        stored.id = current.id;
        stored.is_foreign = current.is_foreign;
        run_mapped(change.statement, ddl_of(stored), [&](const std::string& ddl) {
            make_anew(transaction_, stored.is_foreign ? "FOREIGN TABLE" : "TABLE",
                      stored.stream.name, ddl);
        });
        resolve_mapped(change.statement, stored);
        redefinition_.stream(change.statement, current, stored, done);
        current = stored;
    }

    static const std::string& ddl_of(const StoredStream& stored) {
        return stored.is_foreign ? stored.stream.as_foreign_table : stored.stream.as_ordinary_table;
    }

    void resolve_mapped(const sql::Statement& statement, StoredStream& stored) {
        try {
            resolve(stored);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::pipeline) throw;
            throw sql::PipelineError(
                {diagnostic_at(files_, statement, 0, error.what(), error.hint())});
        }
        check_stream(transaction_, files_, statement, stored.stream.name);
    }

    void apply_plain(const Change& change) {
        if (change.verdict == Verdict::unchanged) return;
        const auto& plain = std::get<sql::PlainStatement>(change.statement.body);
        run_mapped(change.statement, as_applied(plain, change.statement.text),
                   [&](const std::string& text) { transaction_.run(text); });
        record_object(transaction_, change.object, plain.kind, origin_of(change.statement));
    }

    void apply_continuous(const Change& change, Deployed& done) {
        const StoredStream& stream = stream_of(change.statement);
        StoredStatement stored{0, stream.id, change.statement, "", search_path_};
        if (change.verdict == Verdict::unchanged) {
            const AppliedStatement* applied = ledger_.statement(change.statement.name);
            stored.id = applied->id;
            stored.state_table = applied->state_table;
            stored.search_path = applied->search_path;
            redefinition_.unchanged(stream, stored);
        } else if (change.verdict == Verdict::change) {
            change_continuous(stream, stored, done);
        } else {
            stored.id = next_statement_id(transaction_);
            std::holds_alternative<sql::ViewStatement>(stored.statement.body)
                ? make_view(stream, stored, done)
                : make_rows(stream, stored, done);
            record_statement(transaction_, stored, stream);
        }
        report_.continuous.push_back(std::move(stored));
    }

    void change_continuous(const StoredStream& stream, StoredStatement& stored, Deployed& done) {
        if (auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body)) {
            if (view->name.schema.empty()) view->name.schema = schema_;
            return redefinition_.view(stream, stored, views_of(stream), done);
        }
        resolve_table(stored.statement);
        redefinition_.rows(stream, stored, done);
    }

    void make_view(const StoredStream& stream, StoredStatement& stored, Deployed& done) {
        auto& view = std::get<sql::ViewStatement>(stored.statement.body);
        if (view.name.schema.empty()) view.name.schema = schema_;
        stored.state_table = state_table_name(stored.statement.name, stored.id);
        done.warnings = create_view(transaction_, files_, stream, stored, views_of(stream));
    }

    std::vector<const StoredStatement*> views_of(const StoredStream& stream) const {
        std::vector<const StoredStatement*> views;
        for (const StoredStatement& each : report_.continuous)
            if (each.stream_id == stream.id &&
                std::holds_alternative<sql::ViewStatement>(each.statement.body) &&
                !redefinition_.is_to_come(each.id))
                views.push_back(&each);
        return views;
    }

    void make_rows(const StoredStream& stream, StoredStatement& stored, Deployed& done) {
        resolve_table(stored.statement);
        check_rows(transaction_, files_, stream, stored);
        warn_of_rows(std::get<sql::RowStatement>(stored.statement.body), done);
    }

    // Without ON CONFLICT, what an earlier statement stored from the topic would be there twice.
    void warn_of_rows(const sql::RowStatement& rows, Deployed& done) {
        const std::string table = rows.target.quoted();
        if (rows.on_conflict != sql::OnConflict::none ||
            !transaction_.query("SELECT has_table_privilege($1, 'SELECT')", {table})[0].boolean(0))
            return;
        const std::int64_t found =
            transaction_
                .query("SELECT count(*) FROM (SELECT FROM " + table + " LIMIT " +
                       std::to_string(most_counted) + ") AS found")[0]
                .integer(0);
        if (found == 0) return;
        done.warnings.push_back(rows.target.text() + " holds " + plural(found, "row") +
                                (found == most_counted ? " or more" : "") +
                                " already; this statement reads the topic from the start and adds "
                                "to them. TRUNCATE " +
                                table + " before the services run, if they came from this topic");
    }

    // A table that apply has made is not made again, unless it is told that it's gone.
    std::string way_to(const sql::RelationName& table) const {
        for (const AppliedObject& each : ledger_.objects)
            if (each.object == "TABLE " + table.text() || each.object == "TABLE " + table.name)
                return each.object + " was applied, and is gone since; tidewheel drop '" +
                       each.object + "' forgets it, and apply makes it anew";
        return "CREATE TABLE " + table.quoted() + " (…) before it";
    }

    // Which table the INSERT means, by the search path of today.
    void resolve_table(sql::Statement& statement) {
        auto& rows = std::get<sql::RowStatement>(statement.body);
        const auto found = transaction_.query(
            "SELECT n.nspname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE c.oid = to_regclass($1)",
            {rows.target.quoted()});
        if (found.empty())
            throw sql::PipelineError({diagnostic_at_word(files_, statement, rows.target.name,
                                                         "there is no table " + rows.target.text(),
                                                         way_to(rows.target))});
        if (found[0].text(1) != "r" && found[0].text(1) != "p")
            throw sql::PipelineError({diagnostic_at_word(files_, statement, rows.target.name,
                                                         rows.target.text() + " is no table")});
        rows.target.schema = found[0].text(0);
    }

    // The stream that the name means to PostgreSQL: an unqualified one follows the search path.
    const StoredStream& stream_of(const sql::Statement& statement) {
        const auto rows = transaction_.query(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE c.oid = to_regclass($1)",
            {statement.stream->quoted()});
        for (const StoredStream& each : report_.streams)
            if (!rows.empty() &&
                each.stream.name == sql::RelationName{rows[0].text(0), rows[0].text(1)})
                return each;
        throw sql::PipelineError(
            {diagnostic_at_word(files_, statement, statement.stream->name,
                                "there is no stream " + statement.stream->text())});
    }

    template <class Run>
    void run_mapped(const sql::Statement& statement, const std::string& executed, Run&& run) {
        try {
            run(executed);
        } catch (const DatabaseError& error) {
            if (error.retryable()) throw;
            throw sql::PipelineError({diagnostic_of(files_, statement, error, executed)});
        }
    }

    Transaction& transaction_;
    const PipelineFiles& files_;
    const Ledger& ledger_;
    const std::string schema_;
    const bool foreign_;
    const std::string search_path_;
    Redefinition redefinition_;
    DeploymentReport report_;
};

// The name of what a statement makes, without schema and quotes.
std::string made_by(const Change& change) {
    if (!std::holds_alternative<sql::PlainStatement>(change.statement.body))
        return change.statement.name;
    const auto start = change.object.find_last_of(" .");
    std::string name = start == std::string::npos ? change.object : change.object.substr(start + 1);
    std::erase(name, '"');
    return name;
}

// All mistakes at once; but what mentions something that could not be made would only repeat why.
void apply_all(Deployment& deployment, const std::vector<Change>& changes) {
    std::vector<sql::Diagnostic> wrong;
    std::vector<std::string> not_made;
    for (const Change& change : changes) {
        const bool rests_on_a_mistake =
            std::any_of(not_made.begin(), not_made.end(),
                        [&](const std::string& name) { return mentions(change.statement, name); });
        if (!rests_on_a_mistake) {
            try {
                deployment.apply(change);
                continue;
            } catch (const sql::PipelineError& error) {
                wrong.insert(wrong.end(), error.diagnostics().begin(), error.diagnostics().end());
            }
        }
        not_made.push_back(made_by(change));
    }
    if (!wrong.empty()) throw sql::PipelineError(std::move(wrong));
}

// Those that change, and those that read a stream that does.
std::vector<const AppliedStatement*> touched(const std::vector<Change>& changes,
                                             const Ledger& ledger, const std::string& schema) {
    std::vector<const AppliedStatement*> statements;
    for (const AppliedStatement& applied : ledger.statements)
        if (std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
                if (change.verdict != Verdict::change) return false;
                const auto* stream = std::get_if<sql::Stream>(&change.statement.body);
                if (!stream) return change.statement.name == applied.name;
                const AppliedStream* changed = ledger.stream(qualified(stream->name, schema));
                return changed && changed->id == applied.stream_id;
            }))
            statements.push_back(&applied);
    return statements;
}

}  // namespace

DeploymentReport deploy(Transaction& transaction, kafka::Admin& admin, const PipelineFiles& files,
                        const DeploymentOptions& options) {
    lock_catalogue(transaction);
    postgres::migrate(transaction);
    const std::string path = settle_search_path(transaction);
    const std::string schema = transaction.query("SELECT current_schema()")[0].text(0);
    const Ledger ledger = read_ledger(transaction);
    const sql::Pipeline pipeline = parse_files(files, declared_streams(ledger));
    const std::vector<Change> changes = compare(pipeline, ledger, files, schema);
    TopicReport topics = examine_topics(transaction, admin, changes, ledger, files);

    const auto statements = touched(changes, ledger, schema);
    if (!options.dry_run && !statements.empty()) fence_off(transaction, statements);

    Deployment deployment(transaction, admin, files, ledger, schema, path, options);
    apply_all(deployment, changes);
    deployment.finish(pipeline);
    DeploymentReport report = deployment.report();
    report.removed = describe_removed(changes, ledger, files, schema);
    report.schema = schema;
    report.topics = std::move(topics.missing);
    for (Deployed& done : report.statements)
        if (const auto warning = topics.warnings.find(done.statement.name);
            warning != topics.warnings.end())
            done.warnings.push_back(warning->second);
    return report;
}

}  // namespace tidewheel::cli
