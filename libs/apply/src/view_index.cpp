#include "tidewheel/sql/view_index.hpp"

#include <algorithm>
#include <cstdint>

#include "error_location.hpp"
#include "tidewheel/apply/view_index.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::apply {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Row;
using postgres::Transaction;

// The beginning of the comment on an index that we have made; what it is and its DDL follow.
constexpr const char* mark = "made by tidewheel apply: ";

std::string comment_of(const std::string& object, const std::string& ddl) {
    return mark + object + ": " + ddl;
}

// FNV-1a: a name of at most 63 bytes that no other index of any state table has.
std::string index_name(const std::string& state_table, const std::string& object) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : state_table + " " + object)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8)
        bytes += static_cast<char>(hash >> shift & 0xff);
    return "view_index_" + to_hex(bytes);
}

const sql::ViewStatement& statement_of(const ViewDefinition& view) {
    return std::get<sql::ViewStatement>(view.stored.statement.body);
}

std::string ddl_of(const std::string& text, const std::string& object, const ViewDefinition& view,
                   const std::string& state_table) {
    return sql::index_on_state(text, statement_of(view), state_table,
                               index_name(state_table, object));
}

void run_marked(Transaction& transaction, const std::string& state_table, const std::string& object,
                const std::string& ddl) {
    transaction.run(ddl);
    transaction.run("COMMENT ON INDEX tidewheel." + quote_name(index_name(state_table, object)) +
                    " IS " + quote_literal(comment_of(object, ddl)));
}

// sql::index_on_state gives positions in the statement's own text.
sql::PipelineError in_file(const sql::PipelineError& error, const PipelineFiles& files,
                           const sql::Statement& statement) {
    std::vector<sql::Diagnostic> told = error.diagnostics();
    for (sql::Diagnostic& each : told) {
        if (each.position.line == 1) each.position.column += statement.position.column - 1;
        each.position.line += statement.position.line - 1;
        each.position.file = statement.position.file;
        each.source_line = files.line(each.position.file, each.position.line);
    }
    return sql::PipelineError(std::move(told));
}

// The indexes of a table that bear our mark, with their comments.
std::vector<std::pair<std::string, std::string>> marked_indexes(Transaction& transaction,
                                                                const std::string& state_table) {
    std::vector<std::pair<std::string, std::string>> indexes;
    for (const Row& row :
         transaction.query("SELECT format('%I.%I', c.relnamespace::regnamespace, c.relname), "
                           "obj_description(c.oid, 'pg_class') FROM pg_index i JOIN "
                           "pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::regclass AND "
                           "starts_with(obj_description(c.oid, 'pg_class'), $2)",
                           {state_table, std::string(mark)}))
        indexes.emplace_back(row.text(0), row.text(1));
    return indexes;
}

// By object: the DDL that the view's definition asks for.
std::vector<std::pair<std::string, std::string>> wanted_indexes(Transaction& transaction,
                                                                const ViewDefinition& view,
                                                                const std::string& state_table) {
    std::vector<std::pair<std::string, std::string>> wanted;
    for (const Row& row :
         transaction.query("SELECT object, text FROM tidewheel.objects WHERE statement_id = $1 "
                           "ORDER BY object",
                           {std::to_string(view.stored.id)})) {
        const std::string& object = row.text(0);
        try {
            wanted.emplace_back(object, ddl_of(row.text(1), object, view, state_table));
        } catch (const sql::PipelineError& error) {
            throw Error(Error::Kind::refused, object + ": " + error.diagnostics().front().what,
                        "Remove it from the file and run `tidewheel drop '" + object + "'` first.");
        }
    }
    return wanted;
}

// What was resolved when the view was applied.
sql::Statement parsed(const Row& row) {
    const sql::Stream stream = [&] {
        auto declared = std::get<sql::Stream>(sql::parse_statement(row.text(4), {}).body);
        declared.name = {row.text(5), row.text(6)};
        return declared;
    }();
    return sql::parse_statement(row.text(3), {stream}, {{stream.name.schema}, {}});
}

}  // namespace

std::optional<ViewDefinition> indexed_view(Transaction& transaction,
                                           const sql::RelationName& name) {
    const auto rows = transaction.query(
        "SELECT s.id, s.state_table, s.search_path, coalesce(s.resolved, s.text), t.text, "
        "t.schema_name, t.name, "
        "s.target_schema, s.target_name FROM tidewheel.statements s JOIN tidewheel.streams t ON "
        "t.id = s.stream_id JOIN pg_class c ON c.oid = to_regclass($1) AND c.relname = "
        "s.target_name AND c.relnamespace::regnamespace::text = quote_ident(s.target_schema) WHERE "
        "s.kind = 'view' AND s.rebuilds IS NULL",
        {name.quoted()});
    if (rows.empty()) return {};
    ViewDefinition view;
    view.stored.id = static_cast<int>(rows[0].integer(0));
    view.stored.state_table = rows[0].text(1);
    view.stored.search_path = rows[0].text(2);
    view.stored.statement = parsed(rows[0]);
    auto& body = std::get<sql::ViewStatement>(view.stored.statement.body);
    body.name = {rows[0].text(7), rows[0].text(8)};
    view.columns = columns_of(transaction, body.name.quoted());
    return view;
}

void create_view_index(Transaction& transaction, const PipelineFiles& files,
                       const sql::Statement& statement, const std::string& object,
                       const ViewDefinition& view) {
    const std::string& table = view.stored.state_table;
    std::string ddl;
    try {
        ddl = ddl_of(statement.text, object, view, table);
    } catch (const sql::PipelineError& error) {
        throw in_file(error, files, statement);
    }
    blame(files, statement, "", [&] { run_marked(transaction, table, object, ddl); });
}

void settle_view_indexes(Transaction& transaction, const ViewDefinition& view,
                         const std::string& state_table) {
    auto wanted = wanted_indexes(transaction, view, state_table);
    for (const auto& marked : marked_indexes(transaction, state_table)) {
        const auto same = std::find_if(wanted.begin(), wanted.end(), [&](const auto& each) {
            return comment_of(each.first, each.second) == marked.second;
        });
        if (same == wanted.end())
            transaction.run("DROP INDEX " + marked.first);
        else
            wanted.erase(same);
    }
    for (const auto& [object, ddl] : wanted)
        run_marked(transaction, state_table, object, ddl);
}

void settle_view_indexes(Transaction& transaction, const PipelineFiles& files,
                         const ViewDefinition& view, const std::string& state_table) {
    const sql::Statement& statement = view.stored.statement;
    try {
        blame(files, statement, "", [&] { settle_view_indexes(transaction, view, state_table); });
    } catch (const Error& error) {
        if (error.kind() != Error::Kind::refused) throw;
        throw sql::PipelineError({diagnostic_at(files, statement, 0, error.what(), error.hint())});
    }
}

bool has_view_index(Transaction& transaction, const catalogue::AppliedStatement& view,
                    const std::string& object) {
    return !transaction
                .query("SELECT to_regclass($1)",
                       {"tidewheel." + quote_name(index_name(view.state_table, object))})[0]
                .is_null(0);
}

std::string drop_view_index(const std::string& state_table, const std::string& object) {
    return "DROP INDEX IF EXISTS tidewheel." + quote_name(index_name(state_table, object));
}

}  // namespace tidewheel::apply
