#include "plain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "names.hpp"
#include "reading.hpp"

namespace tidewheel::sql {
namespace {

// `object`: under which name the catalogue remembers the statement. Where nothing short is unique,
// it is the whole text.
struct Accepted {
    std::string_view type;
    const char* kind;
    std::string (*object)(ast::Message& statement, ast::Tree& tree);
    bool repeatable = false;
};

std::string whole_text(ast::Message&, ast::Tree& tree) {
    return ast::deparse(tree.statement());
}

template <class T>
T& cast(ast::Message& statement) {
    return reinterpret_cast<T&>(statement);
}

std::string dotted(ast::Nodes nodes) {
    std::string name;
    for (const auto& part : ast::strings(nodes))
        name += (name.empty() ? "" : ".") + part;
    return name;
}

std::string table(ast::Message& statement, ast::Tree&) {
    return "TABLE " + relation_name(*cast<PgQuery__CreateStmt>(statement).relation).text();
}
std::string table_as(ast::Message& statement, ast::Tree&) {
    return "TABLE " + relation_name(*cast<PgQuery__CreateTableAsStmt>(statement).into->rel).text();
}
std::string index(ast::Message& statement, ast::Tree& tree) {
    const auto& index = cast<PgQuery__IndexStmt>(statement);
    return *index.idxname ? fmt::format("INDEX {}", index.idxname) : whole_text(statement, tree);
}
std::string view(ast::Message& statement, ast::Tree&) {
    return "VIEW " + relation_name(*cast<PgQuery__ViewStmt>(statement).view).text();
}
std::string schema(ast::Message& statement, ast::Tree& tree) {
    const auto& schema = cast<PgQuery__CreateSchemaStmt>(statement);
    return *schema.schemaname ? fmt::format("SCHEMA {}", schema.schemaname)
                              : whole_text(statement, tree);
}
std::string composite(ast::Message& statement, ast::Tree&) {
    return "TYPE " + relation_name(*cast<PgQuery__CompositeTypeStmt>(statement).typevar).text();
}
std::string enumeration(ast::Message& statement, ast::Tree&) {
    return "TYPE " + dotted(TIDEWHEEL_NODES(cast<PgQuery__CreateEnumStmt>(statement), type_name));
}
std::string range(ast::Message& statement, ast::Tree&) {
    return "TYPE " + dotted(TIDEWHEEL_NODES(cast<PgQuery__CreateRangeStmt>(statement), type_name));
}
std::string domain(ast::Message& statement, ast::Tree&) {
    return "DOMAIN " +
           dotted(TIDEWHEEL_NODES(cast<PgQuery__CreateDomainStmt>(statement), domainname));
}
std::string sequence(ast::Message& statement, ast::Tree&) {
    return "SEQUENCE " + relation_name(*cast<PgQuery__CreateSeqStmt>(statement).sequence).text();
}
std::string extension(ast::Message& statement, ast::Tree&) {
    return fmt::format("EXTENSION {}", cast<PgQuery__CreateExtensionStmt>(statement).extname);
}
std::string role(ast::Message& statement, ast::Tree&) {
    return fmt::format("ROLE {}", cast<PgQuery__CreateRoleStmt>(statement).role);
}
std::string trigger(ast::Message& statement, ast::Tree&) {
    const auto& trigger = cast<PgQuery__CreateTrigStmt>(statement);
    return fmt::format("TRIGGER {} ON {}", trigger.trigname,
                       relation_name(*trigger.relation).text());
}

// Functions are told apart by their arguments' types, too.
std::string function(ast::Message& statement, ast::Tree&) {
    const auto& function = cast<PgQuery__CreateFunctionStmt>(statement);
    std::string types;
    for (ast::Node* node : TIDEWHEEL_NODES(function, parameters)) {
        const auto& parameter = *node->function_parameter;
        if (parameter.mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_OUT ||
            parameter.mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_TABLE) {
            continue;
        }
        types += (types.empty() ? "" : ", ") + ast::deparse_type(*parameter.arg_type);
    }
    return fmt::format("{} {}({})", function.is_procedure ? "PROCEDURE" : "FUNCTION",
                       dotted(TIDEWHEEL_NODES(function, funcname)), types);
}

// A comment is remembered by what it is on, not by what it says, so that a changed one replaces the
// old.
std::string comment(ast::Message& statement, ast::Tree& tree) {
    const std::string text = ast::deparse(tree.statement());
    auto& comment = cast<PgQuery__CommentStmt>(statement);
    static char nothing[] = "";
    char* words = comment.comment;
    comment.comment = nothing;
    std::string object = ast::deparse(tree.statement());
    comment.comment = words;
    if (object.ends_with(" IS NULL")) object.resize(object.size() - 8);
    return object;
}

const Accepted accepted[] = {
    {"CreateStmt", "CREATE TABLE", table},
    {"CreateTableAsStmt", "CREATE TABLE AS", table_as},
    {"IndexStmt", "CREATE INDEX", index},
    {"ViewStmt", "CREATE VIEW", view},
    {"CreateSchemaStmt", "CREATE SCHEMA", schema},
    {"CompositeTypeStmt", "CREATE TYPE", composite},
    {"CreateEnumStmt", "CREATE TYPE", enumeration},
    {"CreateRangeStmt", "CREATE TYPE", range},
    {"CreateDomainStmt", "CREATE DOMAIN", domain},
    {"CreateSeqStmt", "CREATE SEQUENCE", sequence},
    {"CreateFunctionStmt", "CREATE FUNCTION", function},
    {"CreateExtensionStmt", "CREATE EXTENSION", extension},
    {"CreateRoleStmt", "CREATE ROLE", role},
    {"CreateTrigStmt", "CREATE TRIGGER", trigger},
    {"DefineStmt", "CREATE", whole_text},
    {"CreateCastStmt", "CREATE CAST", whole_text},
    {"CreatePolicyStmt", "CREATE POLICY", whole_text},
    {"CreateStatsStmt", "CREATE STATISTICS", whole_text},
    {"AlterTableStmt", "ALTER TABLE", whole_text},
    {"AlterSeqStmt", "ALTER SEQUENCE", whole_text},
    {"AlterEnumStmt", "ALTER TYPE", whole_text},
    {"CommentStmt", "COMMENT", comment, true},
    {"GrantStmt", "GRANT", whole_text, true},
    {"GrantRoleStmt", "GRANT", whole_text, true},
    {"AlterDefaultPrivilegesStmt", "ALTER DEFAULT PRIVILEGES", whole_text, true},
};

struct NotPartOfPipeline {
    std::string_view type;
    const char* kind;
    const char* hint;
};
constexpr const char* by_hand = "run it with psql";
constexpr NotPartOfPipeline refused[] = {
    {"SelectStmt", "SELECT",
     "rows go somewhere: INSERT INTO … SELECT …; to look at them, use `tidewheel query` or psql"},
    {"UpdateStmt", "UPDATE", "INSERT … ON CONFLICT DO UPDATE changes rows as records arrive"},
    {"DeleteStmt", "DELETE", by_hand},
    {"MergeStmt", "MERGE", "INSERT … ON CONFLICT DO UPDATE changes rows as records arrive"},
    {"TruncateStmt", "TRUNCATE", by_hand},
    {"TransactionStmt", "transaction control",
     "`tidewheel apply` runs the whole file in one transaction"},
    {"CopyStmt", "COPY", "INSERT … VALUES brings a few rows; many are loaded with psql"},
    {"DoStmt", "DO", "write the DDL itself, or a CREATE FUNCTION"},
    {"CallStmt", "CALL", by_hand},
    {"VariableSetStmt", "SET", "qualify names; `tidewheel apply` has settings of its own"},
    {"VariableShowStmt", "SHOW", by_hand},
    {"DropStmt", "DROP", "take the statement out of the file, and run `tidewheel drop`"},
    {"DropRoleStmt", "DROP ROLE", by_hand},
    {"RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW", "a continuous view is always fresh"},
    {"CreateFdwStmt", "CREATE FOREIGN DATA WRAPPER", "`tidewheel init` makes it"},
    {"CreateForeignServerStmt", "CREATE SERVER", "`tidewheel init` makes it"},
    {"CreateUserMappingStmt", "CREATE USER MAPPING", "a stream needs none"},
    {"ImportForeignSchemaStmt", "IMPORT FOREIGN SCHEMA",
     "write a CREATE FOREIGN TABLE for each topic"},
    {"RenameStmt", "ALTER … RENAME",
     "change the name in the file, and run `tidewheel drop` for the old one"},
    {"VacuumStmt", "VACUUM", "it can't run in a transaction; autovacuum does it"},
    {"ExplainStmt", "EXPLAIN", "`tidewheel plan` says how a statement runs"},
    {"CreatedbStmt", "CREATE DATABASE", "it can't run in a transaction; run it with psql"},
};

// SelectStmt → "a SELECT" would lie for kinds nobody thought of: the parser's own name, taken
// apart.
std::string spelled(std::string_view type) {
    if (type.ends_with("Stmt")) type.remove_suffix(4);
    std::string words;
    for (const char c : type) {
        if (std::isupper(static_cast<unsigned char>(c)) && !words.empty()) words += ' ';
        words += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return words;
}

void refuse(ast::Message& statement, Refusals& refusals) {
    const auto type = ast::type_of(statement);
    const auto* known =
        std::find_if(std::begin(refused), std::end(refused),
                     [&](const NotPartOfPipeline& each) { return each.type == type; });
    const bool is_known = known != std::end(refused);
    refusals.add(
        -1, fmt::format("{} is not part of a pipeline", is_known ? known->kind : spelled(type)),
        is_known ? known->hint : by_hand);
}

void refuse_what_reads_streams(ast::Message& statement, const char* kind,
                               const std::vector<Stream>& streams, Refusals& refusals) {
    const auto type = ast::type_of(statement);
    if (type != "ViewStmt" && type != "CreateTableAsStmt" && type != "AlterTableStmt" &&
        type != "IndexStmt" && type != "CreateTrigStmt") {
        return;
    }
    const Stream* stream = mentions_stream(statement, streams);
    if (!stream) return;
    const bool is_query = type == "ViewStmt" || type == "CreateTableAsStmt";
    refusals.add(ast::location(statement),
                 fmt::format("{} over stream {} is not supported", kind, stream->name.text()),
                 is_query ? "a stream is read by INSERT INTO … SELECT and CREATE MATERIALIZED VIEW"
                          : "change the stream's own CREATE FOREIGN TABLE");
}

bool is_repeatable(ast::Message& statement) {
    return ast::is_set(statement, "replace");
}

void refuse_variants(ast::Message& statement, Refusals& refusals) {
    if (ast::is_set(statement, "concurrent")) {
        refusals.add(-1, "CREATE INDEX CONCURRENTLY can't run in a transaction",
                     "leave CONCURRENTLY out, or run it with psql");
    }
    auto* table = ast::as<ast::CreateTable>(&statement);
    if (table && std::string_view(table->relation->relpersistence) == "t") {
        refusals.add(table->relation->location,
                     "a temporary table would be gone after `tidewheel apply`",
                     "leave TEMPORARY out");
    }
}

PlainStatement seed_rows(ast::Insert& insert, const Piece& piece,
                         const std::vector<Stream>& streams, Refusals& refusals) {
    if (const Stream* stream = mentions_stream(ast::message(insert), streams)) {
        refusals.add(
            insert.relation->location,
            fmt::format("INSERT … VALUES can't read or write stream {}", stream->name.text()),
            "a stream is read by INSERT INTO … SELECT … FROM it; `tidewheel produce` writes");
    }
    const std::string name =
        piece.given_name.empty() ? relation_name(*insert.relation).text() : piece.given_name;
    return {"INSERT … VALUES", "ROWS " + name, false};
}

}  // namespace

PlainStatement read_plain(ast::Tree& tree, const Piece& piece, const std::vector<Stream>& streams,
                          Refusals& refusals) {
    if (auto* insert = tree.statement_as<ast::Insert>()) {
        return seed_rows(*insert, piece, streams, refusals);
    }
    ast::Message& statement = *ast::content(&tree.statement());
    const auto* kind =
        std::find_if(std::begin(accepted), std::end(accepted),
                     [&](const Accepted& each) { return each.type == ast::type_of(statement); });
    if (kind == std::end(accepted)) {
        refuse(statement, refusals);
        return {};
    }
    refuse_what_reads_streams(statement, kind->kind, streams, refusals);
    refuse_variants(statement, refusals);
    return {kind->kind, kind->object(statement, tree),
            kind->repeatable || is_repeatable(statement)};
}

}  // namespace tidewheel::sql
