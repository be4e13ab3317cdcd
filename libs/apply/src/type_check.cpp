#include "tidewheel/apply/type_check.hpp"

#include <algorithm>
#include <cctype>

#include "error_location.hpp"
#include "tidewheel/executor/kept_script.hpp"
#include "tidewheel/executor/row_script.hpp"
#include "tidewheel/executor/stage.hpp"
#include "tidewheel/executor/view_rows.hpp"
#include "tidewheel/executor/view_script.hpp"
#include "tree_check.hpp"

namespace tidewheel::apply {
namespace {

using postgres::Transaction;

[[noreturn]] void refuse(sql::Diagnostic diagnostic) {
    throw sql::PipelineError({std::move(diagnostic)});
}

constexpr auto function_head =
    "CREATE FUNCTION pg_temp.tidewheel_statement() RETURNS void LANGUAGE sql BEGIN ATOMIC\n";
constexpr auto function_tree =
    "SELECT prosqlbody::text FROM pg_proc WHERE oid = "
    "'pg_temp.tidewheel_statement()'::regprocedure";

// The scripts that the services will run, over an empty batch.
void try_scripts(Transaction& transaction, const catalogue::StoredStatement& stored) {
    const auto& rows = std::get<sql::RowStatement>(stored.statement.body);
    const executor::RowScript script =
        executor::row_script(stored, executor::resolve_target(transaction, rows));
    if (std::holds_alternative<executor::DirectInsert>(script))
        return transaction.run("EXPLAIN " + executor::rehearsal_of(script));
    const auto& rounds = std::get<executor::InsertRounds>(script);
    transaction.run(rounds.setup);
    transaction.run(rounds.collect);
    transaction.run(rounds.last_round);
    transaction.run("EXPLAIN " + rounds.insert(0));
    transaction.run(rounds.discard);
}

void try_view_of_rows(Transaction& transaction, const catalogue::StoredStatement& view) {
    transaction.run("SET LOCAL search_path = " + view.search_path);
    try_scripts(transaction, executor::as_insert(view));
}

bool says_with_data(const std::string& text) {
    std::string tail;
    for (const char byte : text)
        if (!std::isspace(static_cast<unsigned char>(byte)))
            tail += static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
    return tail.ends_with("WITHDATA") || tail.ends_with("WITHNODATA");
}

// What a view keeps of an avg or a variance in double precision isn't what it keeps of others.
void settle_floats(Transaction& transaction, catalogue::StoredStatement& stored,
                   const std::vector<sql::Stream>& streams) {
    const auto stream = std::ranges::find(streams, stored.statement.stream, &sql::Stream::name);
    if (stream == streams.end()) return;
    const auto [query, types] = sql::float_questions(stored.resolution.text, *stream);
    if (query.empty()) return;
    std::vector<bool> is_float;
    in_scratch(transaction, [&, &types = types, &query = query] {
        transaction.run("CREATE TEMP VIEW tidewheel_questions AS " + query);
        for (const ResultColumn& column : columns_of(transaction, "pg_temp.tidewheel_questions"))
            is_float.push_back(column.type == types.at(is_float.size()));
    });
    stored.resolution.text = sql::with_float_casts(stored.resolution.text, *stream, is_float);
    catalogue::adopt(stored, streams);
}

}  // namespace

void open_stage(Transaction& transaction, const catalogue::StoredStream& stream) {
    transaction.run(executor::stage_ddl(stream));
}

void close_stage(Transaction& transaction) {
    std::string drops = "DROP TABLE IF EXISTS pg_temp.tidewheel_batch CASCADE";
    for (const auto& row : transaction.query(
             "SELECT format('%I', typname) FROM pg_type WHERE typnamespace = pg_my_temp_schema() "
             "AND typtype = 'c' AND typname ~ '^tidewheel_shape_'"))
        drops += "; DROP TYPE pg_temp." + row.text(0);
    transaction.run(drops);
}

std::vector<ResultColumn> columns_of(Transaction& transaction, const std::string& relation) {
    std::vector<ResultColumn> columns;
    for (const auto& row : transaction.query(
             "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
             "$1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
             {relation}))
        columns.push_back({row.text(0), row.text(1)});
    return columns;
}

// A function whose body is the statement: PostgreSQL resolves every name and type, and keeps the
// tree for us to look into.
void check_text(Transaction& transaction, const PipelineFiles& files,
                const sql::Statement& statement, const sql::RelationName& stream) {
    const std::string function = function_head + statement.text + "\n;END";
    in_scratch(transaction, [&] {
        blame(files, statement, function, [&] { transaction.run(function); });
        check_row_tree(transaction, files, statement, stream, function_tree);
    });
}

void settle_names(Transaction& transaction, const PipelineFiles& files,
                  catalogue::StoredStatement& stored, const std::vector<sql::Stream>& streams) {
    const auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body);
    try {
        stored.resolution = catalogue::resolve(transaction, stored.statement,
                                               view ? view->name : sql::RelationName());
        catalogue::adopt(stored, streams);
        const auto* settled = std::get_if<sql::ViewStatement>(&stored.statement.body);
        if (settled && !settled->rows) settle_floats(transaction, stored, streams);
    } catch (const sql::PipelineError& error) {
        const sql::Diagnostic& first = error.diagnostics().front();
        refuse(diagnostic_at(files, stored.statement, 0, first.what, first.hint));
    } catch (const Error& error) {
        if (error.retryable()) throw;
        refuse(diagnostic_at(files, stored.statement, 0, error.what(), error.hint()));
    }
}

void check_rows(Transaction& transaction, const PipelineFiles& files,
                const catalogue::StoredStream& stream, const catalogue::StoredStatement& stored) {
    try {
        in_scratch(transaction, [&] {
            blame(files, stored.statement, "", [&] {
                open_stage(transaction, stream);
                try_scripts(transaction, stored);
            });
        });
    } catch (const sql::PipelineError&) {
        throw;
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::refused) throw;
        refuse(diagnostic_at(files, stored.statement, 0, error.what(), error.hint()));
    }
}

std::vector<ResultColumn> check_view(Transaction& transaction, const PipelineFiles& files,
                                     const sql::Statement& statement) {
    std::vector<ResultColumn> columns;
    const std::string name = std::get<sql::ViewStatement>(statement.body).name.quoted();
    const std::string ddl = sql::without_options(statement.text) +
                            (says_with_data(statement.text) ? "" : "\nWITH NO DATA");
    in_scratch(transaction, [&] {
        blame(files, statement, ddl, [&] { transaction.run(ddl); });
        columns = columns_of(transaction, name);
        const std::string tree = "SELECT ev_action::text FROM pg_rewrite WHERE ev_class = " +
                                 postgres::quote_literal(name) + "::regclass";
        check_view_tree(transaction, files, statement, tree);
    });
    return columns;
}

void check_passes(Transaction& transaction, const PipelineFiles& files,
                  const sql::Statement& statement,
                  const std::vector<const catalogue::StoredStatement*>& views) {
    blame(files, statement, "", [&] {
        for (const catalogue::StoredStatement* view : views)
            if (executor::is_of_rows(*view)) try_view_of_rows(transaction, *view);
        for (const auto& pass : executor::share_passes(views)) {
            transaction.run("SET LOCAL search_path = " + pass.front()->search_path);
            transaction.run("EXPLAIN " + executor::view_script(pass));
            for (const catalogue::StoredStatement* view : pass)
                if (const std::string kept = executor::kept_script(*view); !kept.empty())
                    transaction.query("EXPLAIN " + kept, {"{}", "{}"});
        }
    });
}

}  // namespace tidewheel::apply
