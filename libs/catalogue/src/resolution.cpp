#include "tidewheel/catalogue/resolution.hpp"

#include <string_view>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/sql/topic_target.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr std::string_view only_postgres = "SET search_path = pg_catalog, pg_temp";

// A query that is kept in PostgreSQL's own form for a moment: of an INSERT as the body of a
// function, of a view as a view, whose columns keep their names.
struct Kept {
    const char* create;
    const char* end;
    const char* text;     // the query that prints it
    const char* depends;  // the condition on pg_depend for what it rests on
};
constexpr Kept as_function = {
    "CREATE FUNCTION pg_temp.tidewheel_resolved() RETURNS void LANGUAGE sql BEGIN ATOMIC\n",
    "\n;END", "SELECT pg_get_function_sqlbody('pg_temp.tidewheel_resolved()'::regprocedure)",
    "d.classid = 'pg_proc'::regclass AND d.objid = 'pg_temp.tidewheel_resolved()'::regprocedure"};
constexpr Kept as_view = {
    "CREATE TEMP VIEW tidewheel_resolved", "",
    "SELECT pg_get_viewdef('pg_temp.tidewheel_resolved'::regclass)",
    "d.classid = 'pg_rewrite'::regclass AND d.objid = (SELECT oid FROM pg_rewrite WHERE ev_class = "
    "'pg_temp.tidewheel_resolved'::regclass) AND d.refobjid <> "
    "'pg_temp.tidewheel_resolved'::regclass"};

// Without what every server has, which no dependency is recorded for.
std::string objects_query(const Kept& kept) {
    return "SELECT coalesce(array_agg(DISTINCT i.type || ' ' || i.identity ORDER BY i.type || ' ' "
           "|| i.identity), '{}')::text FROM pg_depend d CROSS JOIN LATERAL "
           "pg_identify_object(d.refclassid, d.refobjid, 0) i WHERE d.refclassid IN "
           "('pg_class'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass, "
           "'pg_type'::regclass, 'pg_collation'::regclass) AND " +
           std::string(kept.depends);
}

// The query alone, and what it rests on.
Resolution read(postgres::Transaction& transaction, const Kept& kept, const std::string& query) {
    transaction.run("SAVEPOINT tidewheel_resolution");
    Resolution resolution;
    try {
        transaction.run(kept.create + query + kept.end);
        transaction.run(
            "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL quote_all_identifiers = off");
        resolution.text = transaction.query(kept.text).at(0).text(0);
        resolution.objects = transaction.query(objects_query(kept)).at(0).text(0);
    } catch (...) {
        transaction.run("ROLLBACK TO tidewheel_resolution; RELEASE tidewheel_resolution");
        throw;
    }
    transaction.run("ROLLBACK TO tidewheel_resolution; RELEASE tidewheel_resolution");
    return resolution;
}

// Of BEGIN ATOMIC …; END the statement.
std::string body_of(const std::string& function) {
    const std::size_t begin = function.find('\n');
    return function.substr(begin, function.rfind(';') - begin);
}

// `text`: its own, or the one that it was resolved to.
Resolution read_statement(postgres::Transaction& transaction, const sql::Statement& statement,
                          const std::string& text) {
    if (const auto* view = std::get_if<sql::ViewStatement>(&statement.body)) {
        std::vector<std::string> names;
        for (const std::string& name : view->output_columns)
            names.push_back(postgres::quote_name(name));
        return read(transaction, as_view,
                    (names.empty() ? "" : " (" + joined(names, ", ") + ")") + " AS\n" +
                        sql::query_of(text));
    }
    Resolution resolution = read(transaction, as_function, text);
    resolution.text = body_of(resolution.text);
    return resolution;
}

// Of every row the transaction that wrote it: a change makes another sum, also one that commits
// late.
constexpr std::string_view what_names_depend_on = R"(
    SELECT concat_ws(' ',
        (SELECT md5(string_agg(nspname || coalesce(nspacl::text, ''), ' ' ORDER BY oid))
            FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'),
        (SELECT md5(string_agg(roleid || ' ' || member, ' ' ORDER BY roleid, member))
            FROM pg_auth_members),
        (SELECT md5(string_agg(rolname, ' ' ORDER BY oid)) FROM pg_roles WHERE rolsuper),
        (SELECT datdba FROM pg_database WHERE datname = current_database()),
        (SELECT md5(coalesce(relacl::text, '')) FROM pg_class
            WHERE oid = 'tidewheel.statements'::regclass),
        (SELECT count(*) || ' ' || sum(xmin::text::bigint) FROM pg_proc),
        (SELECT count(*) || ' ' || sum(xmin::text::bigint) FROM pg_operator),
        (SELECT count(*) || ' ' || sum(xmin::text::bigint) FROM pg_cast)))";

// Older servers don't know MERGE, or can't print one that they have resolved.
void require_merge(postgres::Transaction& transaction, const sql::Statement& statement) {
    const auto* rows = std::get_if<sql::RowStatement>(&statement.body);
    if (!rows || !rows->merge) return;
    const postgres::Row version =
        transaction
            .query(
                "SELECT current_setting('server_version_num')::integer >= 150003, "
                "current_setting('server_version')")
            .at(0);
    if (!version.boolean(0))
        throw Error(Error::Kind::refused,
                    "MERGE needs PostgreSQL 15.3 or newer; this server is " + version.text(1));
}

}  // namespace

Resolution resolve(postgres::Transaction& transaction, const sql::Statement& statement,
                   const sql::RelationName& name) {
    const auto* rows = std::get_if<sql::RowStatement>(&statement.body);
    const std::string text =
        rows && rows->into_stream ? sql::with_target(statement.text, rows->target) : statement.text;
    require_merge(transaction, statement);
    Resolution resolution = read_statement(transaction, statement, text);
    resolution.text = sql::with_resolved(text, resolution.text, name);
    // Printed in the way in which services ask later.
    resolution.objects = read_statement(transaction, statement, resolution.text).objects;
    return resolution;
}

void adopt(StoredStatement& stored, const std::vector<sql::Stream>& streams) {
    sql::Statement resolved = sql::parse_statement(stored.resolution.text, streams);
    stored.statement.stream = resolved.stream;
    stored.statement.route_values = resolved.route_values;
    stored.statement.select = resolved.select;
    stored.statement.body = std::move(resolved.body);
}

void require_same_meaning(postgres::Transaction& transaction, const StoredStatement& stored) {
    const std::string name = postgres::quote_name(stored.statement.name);
    if (stored.resolution.text.empty())
        throw Error(
            Error::Kind::refused,
            stored.statement.name +
                " was applied by an older program, and its names have not been resolved since",
            "Run `tidewheel apply` with its file.");
    const std::string now =
        read_statement(transaction, stored.statement, stored.resolution.text).objects;
    if (now == stored.resolution.objects) return;
    const postgres::Row changes =
        transaction
            .query(
                "SELECT coalesce((SELECT string_agg(o, ', ') FROM unnest($1::text[]) o WHERE o "
                "<> ALL ($2::text[])), ''), coalesce((SELECT string_agg(o, ', ') FROM "
                "unnest($2::text[]) o WHERE o <> ALL ($1::text[])), '')",
                {now, stored.resolution.objects})
            .at(0);
    const std::string gained = changes.text(0), lost = changes.text(1);
    throw Error(
        Error::Kind::refused,
        stored.statement.name + " would not mean what it meant when it was applied: it would use " +
            (gained.empty() ? "PostgreSQL's own objects" : gained) +
            (lost.empty() ? "" : " in place of " + lost),
        "Drop or rename what was created since, or qualify the name in the text and apply it.");
}

void require_trusted_path(postgres::Transaction& transaction) {
    const postgres::Rows rows = transaction.query(
        "SELECT n.nspname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) "
        "END, format('REVOKE CREATE ON SCHEMA %I FROM %s', n.nspname, CASE a.grantee WHEN 0 THEN "
        "'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) FROM "
        "unnest(current_schemas(false)) WITH ORDINALITY AS p(name, place) JOIN pg_namespace n ON "
        "n.nspname = p.name JOIN pg_database b ON b.datname = current_database() CROSS JOIN "
        "LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a LEFT JOIN pg_roles "
        "r ON r.oid = a.grantee WHERE a.privilege_type = 'CREATE' AND n.oid <> "
        "pg_my_temp_schema() AND (a.grantee = 0 OR NOT (r.rolsuper OR pg_has_role(a.grantee, "
        "n.nspowner, 'MEMBER') OR pg_has_role(a.grantee, b.datdba, 'MEMBER') OR "
        "has_table_privilege(a.grantee, 'tidewheel.statements', 'INSERT'))) ORDER BY p.place, 2");
    if (rows.empty()) return;
    std::string hint;
    for (const postgres::Row& row : rows)
        hint += (hint.empty() ? "" : "; ") + row.text(2);
    throw Error(Error::Kind::refused,
                (rows[0].text(1) == "PUBLIC" ? "every role" : "role " + rows[0].text(1)) +
                    " may create functions and operators in schema " + rows[0].text(0) +
                    ", which is in the search path: a statement might call them",
                "Run " + hint + ".");
}

std::string resolution_stamp(postgres::Connection& connection) {
    return connection.query(std::string(what_names_depend_on)).at(0).text(0);
}

void look_nowhere_else(postgres::Connection& connection) {
    connection.query(std::string(only_postgres));
}

void look_nowhere_else(postgres::Session& session) {
    session.run(std::string(only_postgres));
}

std::vector<std::string> own_search_path(postgres::Transaction& transaction) {
    const std::string before = transaction.query("SHOW search_path").at(0).text(0);
    transaction.run("SET LOCAL search_path TO DEFAULT");
    std::vector<std::string> schemas;
    for (const postgres::Row& row : transaction.query(
             "SELECT s FROM unnest(current_schemas(false)) WITH ORDINALITY AS u(s, n) WHERE "
             "to_regnamespace(quote_ident(s))::oid <> pg_my_temp_schema() ORDER BY n"))
        schemas.push_back(row.text(0));
    transaction.query("SELECT set_config('search_path', $1, true)", {before});
    return schemas;
}

}  // namespace tidewheel::catalogue
