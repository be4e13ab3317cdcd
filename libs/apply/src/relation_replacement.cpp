#include "tidewheel/apply/relation_replacement.hpp"

#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::apply {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Row;
using postgres::Transaction;

const std::string grantee =
    "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END";
constexpr const char* old_name = "tidewheel_replaced";

// By the relation's own name; and without PostgreSQL's advice to use CASCADE, which would be wrong.
postgres::DatabaseError is_depended_on(const postgres::DatabaseError& error,
                                       const sql::RelationName& name) {
    std::string what = error.what();
    for (auto at = what.find(old_name); at != std::string::npos; at = what.find(old_name))
        what.replace(at, std::string(old_name).size(), name.name);
    return postgres::DatabaseError(
        what, error.sqlstate(), 0,
        "Its columns would change. Drop what depends on it, apply, and create that again.", "",
        false);
}

void copy_comments(Transaction& transaction, const std::string& from, const std::string& kind,
                   const std::string& to) {
    for (const Row& row : transaction.query(
             "SELECT d.description, a.attname FROM pg_description d LEFT JOIN pg_attribute a ON "
             "a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0 WHERE d.classoid "
             "= 'pg_class'::regclass AND d.objoid = $1::regclass AND (a.attname IS NULL OR EXISTS "
             "(SELECT FROM pg_attribute n WHERE n.attrelid = $2::regclass AND n.attname = "
             "a.attname AND NOT n.attisdropped))",
             {from, to})) {
        const std::string object =
            row.is_null(1) ? kind + " " + to : "COLUMN " + to + "." + quote_name(row.text(1));
        transaction.run("COMMENT ON " + object + " IS " + quote_literal(row.text(0)));
    }
}

}  // namespace

void copy_rights(Transaction& transaction, const std::string& from, const std::string& to) {
    const Row old = transaction.query(
        "SELECT quote_ident(pg_get_userbyid(relowner)), pg_get_userbyid(relowner) = current_user "
        "FROM pg_class WHERE oid = $1::regclass",
        {from})[0];
    // What ALTER DEFAULT PRIVILEGES gives a new relation may have been taken from the old one.
    for (const Row& row :
         transaction.query("SELECT DISTINCT " + grantee +
                               " FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid "
                               "= $1::regclass AND a.grantee <> c.relowner",
                           {to}))
        transaction.run("REVOKE ALL ON " + to + " FROM " + row.text(0));
    for (const Row& row : transaction.query(
             "SELECT a.privilege_type, " + grantee +
                 ", a.is_grantable, NULL FROM pg_class c, "
                 "aclexplode(c.relacl) a WHERE c.oid = $1::regclass AND a.grantee <> c.relowner "
                 "UNION ALL SELECT a.privilege_type, " +
                 grantee +
                 ", a.is_grantable, quote_ident(n.attname) "
                 "FROM pg_attribute o JOIN pg_attribute n ON n.attrelid = $2::regclass AND "
                 "n.attname = "
                 "o.attname AND NOT n.attisdropped, aclexplode(o.attacl) a WHERE o.attrelid = "
                 "$1::regclass",
             {from, to}))
        transaction.run("GRANT " + row.text(0) + (row.is_null(3) ? "" : " (" + row.text(3) + ")") +
                        " ON " + to + " TO " + row.text(1) +
                        (row.boolean(2) ? " WITH GRANT OPTION" : ""));
    if (!old.boolean(1)) transaction.run("ALTER TABLE " + to + " OWNER TO " + old.text(0));
}

std::string options_of(Transaction& transaction, const std::string& relation) {
    const std::string options =
        transaction
            .query(
                "SELECT coalesce(array_to_string(reloptions, ', '), '') FROM pg_class "
                "WHERE oid = $1::regclass",
                {relation})[0]
            .text(0);
    return options.empty() ? "" : " WITH (" + options + ")";
}

std::vector<Publication> publications_of(Transaction& transaction, const std::string& table) {
    std::vector<Publication> publications;
    for (const Row& row : transaction.query(
             "SELECT quote_ident(p.pubname), coalesce(' (' || (SELECT string_agg("
             "quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid "
             "= r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', ''), coalesce(' WHERE (' || "
             "pg_get_expr(r.prqual, r.prrelid) || ')', ''), pg_has_role(p.pubowner, 'USAGE'), "
             "current_user FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid "
             "WHERE r.prrelid = to_regclass($1) ORDER BY 1",
             {table})) {
        if (!row.boolean(3))
            throw Error(Error::Kind::refused,
                        "publication " + row.text(0) + " lists " + table + ", and role " +
                            row.text(4) + " may not add the table that replaces it",
                        "Run ALTER PUBLICATION " + row.text(0) + " OWNER TO " +
                            quote_name(row.text(4)) + ", or ask the publication's owner to.");
        publications.push_back({row.text(0), row.text(1), row.text(2)});
    }
    return publications;
}

void copy_publications(Transaction& transaction, const std::string& from, const std::string& to) {
    for (const Publication& each : publications_of(transaction, from))
        transaction.run("ALTER PUBLICATION " + each.name + " ADD TABLE " + to + each.columns +
                        each.condition);
}

void copy_comment(Transaction& transaction, const std::string& from, const std::string& to) {
    const Row comment =
        transaction.query("SELECT obj_description(to_regclass($1), 'pg_class')", {from})[0];
    if (!comment.is_null(0))
        transaction.run("COMMENT ON TABLE " + to + " IS " + quote_literal(comment.text(0)));
}

void recreate(Transaction& transaction, const std::string& kind, const sql::RelationName& name,
              const std::string& ddl) {
    const sql::RelationName old{name.schema, old_name};
    transaction.run("ALTER " + kind + " " + name.quoted() + " RENAME TO " + old.name);
    transaction.run(ddl);
    copy_rights(transaction, old.quoted(), name.quoted());
    copy_comments(transaction, old.quoted(), kind, name.quoted());
    try {
        transaction.run("DROP " + kind + " " + old.quoted());
    } catch (const postgres::DatabaseError& error) {
        if (error.sqlstate() != postgres::sqlstate::dependent_objects_still_exist) throw;
        throw is_depended_on(error, name);
    }
}

}  // namespace tidewheel::apply
