#include "cli/relation.hpp"

namespace tidewheel::cli {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Row;
using postgres::Transaction;

const std::string grantee =
    "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END";
constexpr const char* old_name = "tidewheel_replaced";

// In the terms of whoever made the relation; CASCADE is no advice here.
postgres::DatabaseError is_depended_on(const postgres::DatabaseError& error,
                                       const sql::RelationName& name) {
    std::string what = error.what();
    for (auto at = what.find(old_name); at != std::string::npos; at = what.find(old_name))
        what.replace(at, std::string(old_name).size(), name.name);
    return postgres::DatabaseError(
        what, error.sqlstate(), 0,
        "it would have other columns: drop what depends on it, apply, and make that again", "",
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
                 "UNION "
                 "ALL SELECT a.privilege_type, " +
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

void make_anew(Transaction& transaction, const std::string& kind, const sql::RelationName& name,
               const std::string& ddl) {
    const sql::RelationName old{name.schema, old_name};
    transaction.run("ALTER " + kind + " " + name.quoted() + " RENAME TO " + old.name);
    transaction.run(ddl);
    copy_rights(transaction, old.quoted(), name.quoted());
    copy_comments(transaction, old.quoted(), kind, name.quoted());
    try {
        transaction.run("DROP " + kind + " " + old.quoted());
    } catch (const postgres::DatabaseError& error) {
        if (error.sqlstate() != "2BP01") throw;
        throw is_depended_on(error, name);
    }
}

}  // namespace tidewheel::cli
