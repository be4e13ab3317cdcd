#include "tidewheel/catalogue/roles.hpp"

#include "tidewheel/core/error.hpp"

namespace tidewheel::catalogue {
namespace {

using postgres::quote_literal;
using postgres::quote_name;
using postgres::Row;
using postgres::Transaction;

std::string name_of(Purpose purpose) {
    return purpose == Purpose::service ? "service" : "reader";
}

// The relations of schema tidewheel that a service writes, and how.
constexpr const char* written_by_services =
    "(VALUES ('progress', 'INSERT'), ('progress', 'UPDATE'), ('skipped', 'INSERT'), "
    "('waiting', 'INSERT'), "
    "('waiting', 'UPDATE'), ('waiting', 'DELETE'), ('dead_letters', 'INSERT'), "
    "('dead_letters', 'UPDATE'), ('sources', 'INSERT'), ('sources', 'UPDATE'), ('deliveries', "
    "'INSERT'), ('deliveries', 'UPDATE'), "
    "('deliveries', 'DELETE'), ('delivery_positions', 'INSERT'), ('delivery_positions', 'UPDATE'), "
    "('undelivered', 'INSERT'), ('undelivered', 'UPDATE'), ('undelivered', 'DELETE'))";

const std::string of_relation = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)";
const std::string relations = " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ";
const std::string may_grant = ", pg_has_role(c.relowner, 'USAGE')";

// Each query yields what the role $1 lacks: the right, the object as GRANT wants it, and whether
// the current role may grant it.
std::vector<std::string> needs_of_service() {
    const std::string lacks = " AND NOT has_table_privilege($1::name, c.oid, r.right_)";
    return {
        "SELECT 'USAGE', 'SCHEMA ' || quote_ident(n.nspname), pg_has_role(n.nspowner, 'USAGE') "
        "FROM "
        "pg_namespace n WHERE NOT has_schema_privilege($1::name, n.oid, 'USAGE') AND (n.nspname = "
        "'tidewheel' OR n.nspname IN (SELECT schema_name FROM tidewheel.streams UNION SELECT "
        "target_schema FROM tidewheel.statements UNION SELECT schema_name FROM tidewheel.sinks "
        "UNION "
        "SELECT (parse_ident(subscribers))[1] FROM tidewheel.sinks WHERE subscribers IS NOT NULL))",
        "SELECT 'TEMPORARY', 'DATABASE ' || quote_ident(d.datname), pg_has_role(d.datdba, 'USAGE') "
        "FROM pg_database d WHERE d.datname = current_database() AND NOT "
        "has_database_privilege($1::name, d.oid, 'TEMPORARY')",
        "SELECT 'USAGE', 'SEQUENCE tidewheel.epoch'" + may_grant + relations +
            "WHERE c.oid = 'tidewheel.epoch'::regclass AND NOT has_sequence_privilege($1::name, "
            "c.oid, 'USAGE')",
        "SELECT r.right_, " + of_relation + may_grant + relations +
            "CROSS JOIN (VALUES ('SELECT')) r(right_) WHERE n.nspname = 'tidewheel' AND c.relkind "
            "IN ('r', 'v')" +
            lacks,
        std::string("SELECT r.right_, ") + of_relation + may_grant + relations + "JOIN " +
            written_by_services +
            " r(name, right_) ON r.name = c.relname WHERE n.nspname = 'tidewheel'" + lacks,
        "SELECT r.right_, " + of_relation + may_grant + relations +
            "JOIN tidewheel.statements s ON to_regclass(s.state_table) = c.oid CROSS JOIN (VALUES "
            "('INSERT'), ('UPDATE')) r(right_) WHERE true" +
            lacks,
        "SELECT r.right_, " + of_relation + may_grant + relations +
            "JOIN tidewheel.streams s ON s.schema_name = n.nspname AND s.name = c.relname CROSS "
            "JOIN (VALUES ('SELECT')) r(right_) WHERE true" +
            lacks,
        // Of an outbox it reads what it delivers, and deletes it.
        "SELECT r.right_, " + of_relation + may_grant + relations +
            "JOIN tidewheel.sinks s ON s.schema_name = n.nspname AND s.name = c.relname CROSS JOIN "
            "(VALUES ('SELECT'), ('DELETE')) r(right_) WHERE true" +
            lacks,
        "SELECT DISTINCT r.right_, " + of_relation + may_grant + relations +
            "JOIN tidewheel.sinks s ON to_regclass(s.subscribers) = c.oid CROSS JOIN (VALUES "
            "('SELECT')) r(right_) WHERE true" +
            lacks,
        // The snapshot of a table whose changes a stream has; change_slot.hpp names publications.
        "SELECT r.right_, " + of_relation + may_grant + relations +
            "JOIN pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = c.relname "
            "JOIN tidewheel.streams s ON p.pubname = left('tidewheel_' || CASE s.schema_name WHEN "
            "'public' THEN '' ELSE s.schema_name || '_' END || s.name, 63) CROSS JOIN (VALUES "
            "('SELECT')) r(right_) WHERE true" +
            lacks,
        // ON CONFLICT reads the columns that it goes by, and DO UPDATE writes. MERGE reads them, too,
        // and locks its table when it looks for the record that is refused.
        "SELECT DISTINCT r.right_, " + of_relation + may_grant + relations +
            "JOIN tidewheel.statements s ON s.target_schema = n.nspname AND s.target_name = "
            "c.relname AND s.kind = 'rows' JOIN (VALUES ('INSERT', ''), ('SELECT', 'on "
            "conflict|merge into'), ('UPDATE', 'do update|merge into'), ('DELETE', 'merge "
            "into.*then delete')) r(right_, clause) ON s.text ~* replace(r.clause, ' ', '\\s+') "
            "WHERE true" +
            lacks};
}

// Dead letters without what the records hold.
std::vector<std::string> needs_of_reader() {
    const std::string lacks = " AND NOT has_table_privilege($1::name, c.oid, 'SELECT')";
    return {
        "SELECT 'USAGE', 'SCHEMA ' || quote_ident(n.nspname), pg_has_role(n.nspowner, 'USAGE') "
        "FROM "
        "pg_namespace n WHERE NOT has_schema_privilege($1::name, n.oid, 'USAGE') AND (n.nspname = "
        "'tidewheel' OR n.nspname IN (SELECT target_schema FROM tidewheel.statements UNION SELECT "
        "schema_name FROM tidewheel.sinks))",
        "SELECT 'SELECT', " + of_relation + may_grant + relations +
            "WHERE n.nspname = 'tidewheel' AND c.relname IN ('catalogue', 'migrations', 'streams', "
            "'statements', 'objects', 'progress', 'skipped', 'waiting', 'windows', 'sources', "
            "'sinks', "
            "'deliveries', 'delivery_positions', 'verifications')" +
            lacks,
        "SELECT format('SELECT (%s)', string_agg(quote_ident(a.attname), ', ')), " + of_relation +
            ", bool_and(pg_has_role(c.relowner, 'USAGE'))" + relations +
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE c.oid IN ('tidewheel.dead_letters'::regclass, "
            "'tidewheel.undelivered'::regclass) AND "
            "a.attname NOT IN ('key', 'headers', 'payload', 'detail', 'row_json') AND NOT "
            "has_column_privilege($1::name, c.oid, "
            "a.attnum, 'SELECT') GROUP BY 2",
        // Of an outbox, what waits is counted.
        "SELECT 'SELECT', " + of_relation + may_grant + relations +
            "JOIN tidewheel.sinks s ON s.schema_name = n.nspname AND s.name = c.relname WHERE "
            "true" +
            lacks,
        "SELECT DISTINCT 'SELECT', " + of_relation + may_grant + relations +
            "JOIN tidewheel.statements s ON s.target_schema = n.nspname AND s.target_name = "
            "c.relname AND s.rebuilds IS NULL WHERE true" +
            lacks};
}

void grant(Transaction& transaction, Purpose purpose, const std::string& role,
           std::vector<std::string>& lacking) {
    for (const std::string& query :
         purpose == Purpose::service ? needs_of_service() : needs_of_reader())
        for (const Row& row : transaction.query(query, {role})) {
            const std::string grant =
                "GRANT " + row.text(0) + " ON " + row.text(1) + " TO " + quote_name(role);
            if (row.boolean(2))
                transaction.run(grant);
            else
                lacking.push_back("role " + role + " (" + name_of(purpose) + ") lacks " +
                                  row.text(0) + " on " + row.text(1) +
                                  ", which its owner has to grant: " + grant);
        }
}

bool exists(Transaction& transaction, const std::string& role) {
    return !transaction.query("SELECT FROM pg_roles WHERE rolname = $1", {role}).empty();
}

}  // namespace

void add_role(Transaction& transaction, Purpose purpose, const std::string& role) {
    if (!exists(transaction, role))
        throw Error(Error::Kind::setting, "role " + role + " does not exist",
                    "Run CREATE ROLE " + quote_name(role) + " LOGIN.");
    transaction.query("INSERT INTO tidewheel.roles VALUES ($1, $2) ON CONFLICT DO NOTHING",
                      {name_of(purpose), role});
}

std::vector<std::string> grant_rights(Transaction& transaction) {
    std::vector<std::string> lacking;
    for (const Row& row :
         transaction.query("SELECT purpose, role FROM tidewheel.roles ORDER BY purpose, role")) {
        const std::string& role = row.text(1);
        if (!exists(transaction, role))  // a dump that was restored into another cluster
            lacking.push_back("role " + role + " (" + row.text(0) +
                              ") no longer exists: CREATE ROLE " + quote_name(role) +
                              ", then apply again");
        else
            grant(transaction, row.text(0) == "service" ? Purpose::service : Purpose::reader, role,
                  lacking);
    }
    return lacking;
}

}  // namespace tidewheel::catalogue
