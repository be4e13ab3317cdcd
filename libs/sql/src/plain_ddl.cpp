#include "plain_ddl.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "deparse.hpp"
#include "names.hpp"
#include "split.hpp"
#include "stream_reference.hpp"

namespace tidewheel::sql {
namespace {

// `object`: under which name the catalogue remembers the statement. Where nothing short is unique,
// it is the whole text. Either way with the schemas of its names, so that one file is applied once
// in each schema.
struct Accepted {
    std::string_view type;
    const char* kind;
    std::string (*object)(ast::Message& statement, ast::Tree& tree, const Names& names);
    bool repeatable = false;
};

template <class T>
T& cast(ast::Message& statement) {
    return reinterpret_cast<T&>(statement);
}

std::string created(const ast::RangeVar& range, const Names& names) {
    return label(names.created(relation_name(range)));
}

std::string created(ast::Nodes nodes, const Names& names) {
    const std::vector<std::string> parts = ast::strings(nodes);
    if (parts.empty()) return {};
    return label(names.created({parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back()}));
}

std::string resolved(const ast::RangeVar& range, const Names& names) {
    return label(names.resolve(relation_name(range)));
}

std::string table(ast::Message& statement, ast::Tree&, const Names& names) {
    return "TABLE " + created(*cast<PgQuery__CreateStmt>(statement).relation, names);
}
std::string table_as(ast::Message& statement, ast::Tree&, const Names& names) {
    return "TABLE " + created(*cast<PgQuery__CreateTableAsStmt>(statement).into->rel, names);
}
std::string view(ast::Message& statement, ast::Tree&, const Names& names) {
    return "VIEW " + created(*cast<PgQuery__ViewStmt>(statement).view, names);
}
std::string composite(ast::Message& statement, ast::Tree&, const Names& names) {
    return "TYPE " + created(*cast<PgQuery__CompositeTypeStmt>(statement).typevar, names);
}
std::string enumeration(ast::Message& statement, ast::Tree&, const Names& names) {
    return "TYPE " +
           created(TIDEWHEEL_NODES(cast<PgQuery__CreateEnumStmt>(statement), type_name), names);
}
std::string range(ast::Message& statement, ast::Tree&, const Names& names) {
    return "TYPE " +
           created(TIDEWHEEL_NODES(cast<PgQuery__CreateRangeStmt>(statement), type_name), names);
}
std::string domain(ast::Message& statement, ast::Tree&, const Names& names) {
    return "DOMAIN " +
           created(TIDEWHEEL_NODES(cast<PgQuery__CreateDomainStmt>(statement), domainname), names);
}
std::string sequence(ast::Message& statement, ast::Tree&, const Names& names) {
    return "SEQUENCE " + created(*cast<PgQuery__CreateSeqStmt>(statement).sequence, names);
}
std::string extension(ast::Message& statement, ast::Tree&, const Names&) {
    return fmt::format("EXTENSION {}", cast<PgQuery__CreateExtensionStmt>(statement).extname);
}
std::string role(ast::Message& statement, ast::Tree&, const Names&) {
    return fmt::format("ROLE {}", cast<PgQuery__CreateRoleStmt>(statement).role);
}
std::string trigger(ast::Message& statement, ast::Tree&, const Names& names) {
    const auto& trigger = cast<PgQuery__CreateTrigStmt>(statement);
    return fmt::format("TRIGGER {} ON {}", trigger.trigname, resolved(*trigger.relation, names));
}

// Functions are told apart by their arguments' types, too.
std::string function(ast::Message& statement, ast::Tree&, const Names& names) {
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
                       created(TIDEWHEEL_NODES(function, funcname), names), types);
}

// A name of `parts` parts (a column's, a trigger's: with the table's before it) gets its schema.
void qualify_list(ast::Tree& tree, ast::Node**& first, std::size_t& count, std::size_t parts,
                  const Names& names) {
    if (count != parts) return;
    const RelationName name = names.resolve({"", ast::as<ast::String>(first[0])->sval});
    if (name.schema == "public") return;
    auto* reference =
        ast::as<ast::ColumnRef>(tree.expression(ast::quote_identifier(name.schema) + ".x"));
    std::vector<ast::Node*> all{reference->fields[0]};
    all.insert(all.end(), first, first + count);
    first = tree.arena().array(all);
    count = all.size();
}

bool is_of_table(PgQuery__ObjectType type) {
    return type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN ||
           type == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT ||
           type == PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER ||
           type == PG_QUERY__OBJECT_TYPE__OBJECT_POLICY ||
           type == PG_QUERY__OBJECT_TYPE__OBJECT_RULE;
}

void qualify_comment(ast::Tree& tree, PgQuery__CommentStmt& comment, const Names& names) {
    if (auto* list = ast::as<ast::List>(comment.object)) {
        qualify_list(tree, list->items, list->n_items, is_of_table(comment.objtype) ? 2 : 1, names);
    } else if (auto* type = ast::as<ast::TypeName>(comment.object)) {
        qualify_list(tree, type->names, type->n_names, 1, names);
    }
}

// Gives the schema to relations, and to what else the statement is about, that have none, unless it
// is public.
void qualify(ast::Tree& tree, ast::Message& statement, const Names& names) {
    ast::walk(statement, [&](ast::Message& message) {
        if (auto* range = ast::as<ast::RangeVar>(&message)) {
            const RelationName name = names.resolve(relation_name(*range));
            if (!*range->schemaname && name.schema != "public")
                range->schemaname = tree.arena().copy(name.schema);
        } else if (message.descriptor == &pg_query__object_with_args__descriptor) {
            auto& function = cast<PgQuery__ObjectWithArgs>(message);
            qualify_list(tree, function.objname, function.n_objname, 1, names);
        }
        return true;
    });
    const auto type = ast::type_of(statement);
    if (type == "CommentStmt") qualify_comment(tree, cast<PgQuery__CommentStmt>(statement), names);
    if (type == "AlterEnumStmt") {
        auto& alter = cast<PgQuery__AlterEnumStmt>(statement);
        qualify_list(tree, alter.type_name, alter.n_type_name, 1, names);
    }
    if (type == "DefineStmt") {
        auto& define = cast<PgQuery__DefineStmt>(statement);
        qualify_list(tree, define.defnames, define.n_defnames, 1, names);
    }
}

std::string whole_text(ast::Message& statement, ast::Tree& tree, const Names& names) {
    qualify(tree, statement, names);
    return ast::deparse(tree.statement());
}

std::string index(ast::Message& statement, ast::Tree& tree, const Names& names) {
    const auto& index = cast<PgQuery__IndexStmt>(statement);
    if (!*index.idxname) return whole_text(statement, tree, names);
    return "INDEX " + label({names.resolve(relation_name(*index.relation)).schema, index.idxname});
}

std::string schema(ast::Message& statement, ast::Tree& tree, const Names& names) {
    const auto& schema = cast<PgQuery__CreateSchemaStmt>(statement);
    return *schema.schemaname ? fmt::format("SCHEMA {}", schema.schemaname)
                              : whole_text(statement, tree, names);
}

// A comment is remembered by what it is on, not by what it says, so that a changed one replaces the
// old.
std::string comment(ast::Message& statement, ast::Tree& tree, const Names& names) {
    static char nothing[] = "";
    cast<PgQuery__CommentStmt>(statement).comment = nothing;
    std::string object = whole_text(statement, tree, names);
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
constexpr const char* by_hand = "Run it with psql.";
constexpr NotPartOfPipeline refused[] = {
    {"SelectStmt", "SELECT",
     "Store rows with INSERT INTO … SELECT …; query a table or a view with psql."},
    {"UpdateStmt", "UPDATE",
     "INSERT … ON CONFLICT DO UPDATE, or MERGE, changes rows as records arrive."},
    {"DeleteStmt", "DELETE",
     "MERGE deletes rows as records arrive; run any other DELETE with psql."},
    {"TruncateStmt", "TRUNCATE", by_hand},
    {"TransactionStmt", "transaction control",
     "`tidewheel apply` runs the whole file in one transaction."},
    {"CopyStmt", "COPY", "Store a few rows with INSERT … VALUES; load many with psql."},
    {"DoStmt", "DO", "Write the DDL itself, or a CREATE FUNCTION."},
    {"CallStmt", "CALL", by_hand},
    {"VariableSetStmt", "SET", "Qualify names; `tidewheel apply` has settings of its own."},
    {"VariableShowStmt", "SHOW", by_hand},
    {"DropStmt", "DROP", "Remove the statement from the file, and run `tidewheel drop`."},
    {"DropRoleStmt", "DROP ROLE", by_hand},
    {"RefreshMatViewStmt", "REFRESH MATERIALIZED VIEW", "A continuous view is always up to date."},
    {"CreateFdwStmt", "CREATE FOREIGN DATA WRAPPER", "`tidewheel init` creates it."},
    {"CreateForeignServerStmt", "CREATE SERVER", "`tidewheel init` creates it."},
    {"CreateUserMappingStmt", "CREATE USER MAPPING", "A stream needs none."},
    {"ImportForeignSchemaStmt", "IMPORT FOREIGN SCHEMA",
     "Write a CREATE FOREIGN TABLE for each topic."},
    {"RenameStmt", "ALTER … RENAME",
     "Change the name in the file, and run `tidewheel drop` for the old one."},
    {"VacuumStmt", "VACUUM", "It can't run in a transaction; autovacuum does it."},
    {"ExplainStmt", "EXPLAIN", "`tidewheel plan` shows how a statement runs."},
    {"CreatedbStmt", "CREATE DATABASE", "It can't run in a transaction; run it with psql."},
};

// The parser's own name of an unknown kind of statement, in words: AlterFooStmt → "ALTER FOO".
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

// UPDATE … FROM stream, DELETE … USING stream: MERGE says the same, and by which key.
bool refuse_with_merge(ast::Message& statement, const Names& names, Refusals& refusals) {
    const auto type = ast::type_of(statement);
    if (type != "UpdateStmt" && type != "DeleteStmt") return false;
    const Stream* stream = mentions_stream(statement, names);
    if (!stream) return false;
    const bool updates = type == "UpdateStmt";
    const std::string table =
        relation_name(updates ? *cast<PgQuery__UpdateStmt>(statement).relation
                              : *cast<PgQuery__DeleteStmt>(statement).relation)
            .text();
    refusals.add(-1,
                 fmt::format("{} stream {} is not supported",
                             updates ? "UPDATE … FROM" : "DELETE … USING", stream->name.text()),
                 fmt::format("Write MERGE INTO {} USING {} ON … WHEN MATCHED THEN {}.", table,
                             stream->name.text(), updates ? "UPDATE SET …" : "DELETE"));
    return true;
}

void refuse_what_reads_streams(ast::Message& statement, const char* kind, const Names& names,
                               Refusals& refusals) {
    const auto type = ast::type_of(statement);
    if (type != "ViewStmt" && type != "CreateTableAsStmt" && type != "AlterTableStmt" &&
        type != "IndexStmt" && type != "CreateTrigStmt") {
        return;
    }
    const Stream* stream = mentions_stream(statement, names);
    if (!stream) return;
    const bool is_query = type == "ViewStmt" || type == "CreateTableAsStmt";
    refusals.add(ast::location(statement),
                 fmt::format("{} over stream {} is not supported", kind, stream->name.text()),
                 is_query ? "Read a stream with INSERT INTO … SELECT or CREATE MATERIALIZED VIEW."
                          : "Change the stream's own CREATE FOREIGN TABLE.");
}

std::optional<RelationName> relation_indexed_by(ast::Message& statement) {
    if (ast::type_of(statement) != "IndexStmt") return std::nullopt;
    return relation_name(*cast<PgQuery__IndexStmt>(statement).relation);
}

bool is_repeatable(ast::Message& statement) {
    return ast::is_set(statement, "replace");
}

void refuse_variants(ast::Message& statement, Refusals& refusals) {
    if (ast::is_set(statement, "concurrent")) {
        refusals.add(-1, "CREATE INDEX CONCURRENTLY can't run in a transaction",
                     "Leave CONCURRENTLY out, or run it with psql.");
    }
    auto* table = ast::as<ast::CreateTable>(&statement);
    if (table && std::string_view(table->relation->relpersistence) == "t") {
        refusals.add(table->relation->location,
                     "a temporary table would not outlive `tidewheel apply`",
                     "Leave TEMPORARY out.");
    }
}

PlainStatement seed_rows(ast::Insert& insert, const Piece& piece, const Names& names,
                         Refusals& refusals) {
    if (const Stream* stream = mentions_stream(ast::message(insert), names)) {
        refusals.add(
            insert.relation->location,
            fmt::format("INSERT … VALUES can't read or write stream {}", stream->name.text()),
            "Read a stream with INSERT INTO … SELECT … FROM it; `tidewheel produce` writes to it.");
    }
    const std::string name = piece.given_name.empty()
                                 ? resolved(*insert.relation, names)
                                 : label(names.created({"", piece.given_name}));
    return {"INSERT … VALUES", "ROWS " + name, false, {}, {}};
}

}  // namespace

std::optional<RelationName> relation_made_by(ast::Message& statement) {
    const auto type = ast::type_of(statement);
    if (type == "CreateStmt") return relation_name(*cast<PgQuery__CreateStmt>(statement).relation);
    if (type == "CreateTableAsStmt")
        return relation_name(*cast<PgQuery__CreateTableAsStmt>(statement).into->rel);
    if (type == "ViewStmt") return relation_name(*cast<PgQuery__ViewStmt>(statement).view);
    if (type == "CreateSeqStmt")
        return relation_name(*cast<PgQuery__CreateSeqStmt>(statement).sequence);
    if (type == "IndexStmt" && *cast<PgQuery__IndexStmt>(statement).idxname)
        return RelationName{cast<PgQuery__IndexStmt>(statement).relation->schemaname,
                            cast<PgQuery__IndexStmt>(statement).idxname};
    return std::nullopt;
}

PlainStatement read_plain_ddl(ast::Tree& tree, const Piece& piece, const Names& names,
                              Refusals& refusals) {
    if (auto* insert = tree.statement_as<ast::Insert>()) {
        return seed_rows(*insert, piece, names, refusals);
    }
    ast::Message& statement = *ast::content(&tree.statement());
    const auto* kind =
        std::find_if(std::begin(accepted), std::end(accepted),
                     [&](const Accepted& each) { return each.type == ast::type_of(statement); });
    if (kind == std::end(accepted)) {
        if (!refuse_with_merge(statement, names, refusals)) refuse(statement, refusals);
        return {};
    }
    refuse_what_reads_streams(statement, kind->kind, names, refusals);
    refuse_variants(statement, refusals);
    const bool repeatable = kind->repeatable || is_repeatable(statement);
    const auto indexed = relation_indexed_by(statement);
    auto relation = relation_made_by(statement);
    if (indexed && relation) relation->schema = names.resolve(*indexed).schema;
    return {kind->kind, kind->object(statement, tree, names), repeatable, std::move(relation),
            indexed};
}

}  // namespace tidewheel::sql
