#include "cli/relation.hpp"

namespace tidewheel::cli {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Row;
using postgres::Transaction;

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
        "SELECT quote_ident(pg_get_userbyid(relowner)), relowner = current_user::regrole, "
        "relacl IS NOT NULL FROM pg_class WHERE oid = $1::regclass",
        {from})[0];
    if (old.boolean(2))
        for (const Row& row : transaction.query(
                 "SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE "
                 "quote_ident(pg_get_userbyid(a.grantee)) END, a.is_grantable FROM pg_class c, "
                 "aclexplode(c.relacl) a WHERE c.oid = $1::regclass AND a.grantee <> c.relowner",
                 {from}))
            transaction.run("GRANT " + row.text(0) + " ON " + to + " TO " + row.text(1) +
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
    const sql::RelationName old{name.schema, "tidewheel_replaced"};
    transaction.run("ALTER " + kind + " " + name.quoted() + " RENAME TO " + old.name);
    transaction.run(ddl);
    copy_rights(transaction, old.quoted(), name.quoted());
    copy_comments(transaction, old.quoted(), kind, name.quoted());
    transaction.run("DROP " + kind + " " + old.quoted());
}

}  // namespace tidewheel::cli
