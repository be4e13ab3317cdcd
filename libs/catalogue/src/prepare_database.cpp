#include "tidewheel/catalogue/prepare_database.hpp"

#include <optional>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/home.hpp"
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/catalogue/roles.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::catalogue {
namespace {

using postgres::Transaction;

bool exists(Transaction& transaction, const std::string& question) {
    return transaction.query("SELECT EXISTS (" + question + ")")[0].boolean(0);
}

bool is_superuser(Transaction& transaction) {
    return transaction.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0]
        .boolean(0);
}

// A wrapper without handler: it lets streams exist in the catalogue, and reads nothing. Only a
// superuser may make one.
InitStep make_wrapper(Transaction& transaction) {
    const std::string what = "foreign-data wrapper tidewheel";
    if (exists(transaction, "SELECT FROM pg_foreign_data_wrapper WHERE fdwname = 'tidewheel'"))
        return {what, "unchanged", ""};
    if (!is_superuser(transaction))
        return {what, "not possible",
                "only a superuser may create it; without it streams are empty ordinary tables, "
                "which works as well"};
    transaction.run("CREATE FOREIGN DATA WRAPPER tidewheel NO HANDLER NO VALIDATOR");
    return {what, "created", ""};
}

InitStep make_server(Transaction& transaction) {
    const std::string what = "server kafka";
    if (exists(transaction, "SELECT FROM pg_foreign_server WHERE srvname = 'kafka'"))
        return {what, "unchanged", ""};
    if (!exists(transaction,
                "SELECT FROM pg_foreign_data_wrapper WHERE fdwname = 'tidewheel' AND "
                "has_foreign_data_wrapper_privilege(oid, 'USAGE')"))
        return {what, "not possible", "it needs the wrapper"};
    transaction.run("CREATE SERVER kafka FOREIGN DATA WRAPPER tidewheel");
    return {what, "created", ""};
}

bool may_use_server(Transaction& transaction, const std::string& role) {
    return exists(transaction,
                  "SELECT FROM pg_foreign_server WHERE srvname = 'kafka' AND "
                  "has_server_privilege(" +
                      postgres::quote_literal(role) + ", oid, 'USAGE')");
}

// By the role that will apply pipelines; when none is named, by the current one.
InitStep grant_usage(Transaction& transaction, const std::string& owner) {
    const std::string role =
        owner.empty() ? transaction.query("SELECT current_user")[0].text(0) : owner;
    const std::string what = "use of server kafka by " + role;
    const auto server = transaction.query(
        "SELECT pg_has_role(srvowner, 'USAGE') FROM pg_foreign_server WHERE srvname = 'kafka'");
    if (server.empty()) return {what, "not possible", "server kafka does not exist"};
    if (may_use_server(transaction, role)) return {what, "unchanged", ""};
    if (!server[0].boolean(0))
        return {what, "not possible", "only the owner of server kafka may grant it"};
    transaction.run("GRANT USAGE ON FOREIGN SERVER kafka TO " + postgres::quote_name(role));
    return {what, "granted", ""};
}

void let_owner_create_schemas(Transaction& transaction, const std::string& owner) {
    const bool allowed =
        transaction
            .query("SELECT has_database_privilege($1, current_database(), 'CREATE')", {owner})[0]
            .boolean(0);
    if (allowed) return;
    const std::string database = transaction.query("SELECT current_database()")[0].text(0);
    transaction.run("GRANT CREATE ON DATABASE " + postgres::quote_name(database) + " TO " +
                    postgres::quote_name(owner));
}

InitStep make_catalogue(Transaction& transaction, const std::string& owner) {
    const std::string what = "catalogue (schema tidewheel)";
    const auto before = migrated_version(transaction);
    if (!owner.empty() && !before) let_owner_create_schemas(transaction, owner);
    if (!owner.empty()) transaction.run("SET LOCAL ROLE " + postgres::quote_name(owner));
    migrate(transaction);
    resolve_missing(transaction);
    const int now = migration_version();
    if (!before) return {what, "created", "version " + std::to_string(now)};
    if (*before == now) return {what, "unchanged", "version " + std::to_string(now)};
    return {what, "migrated",
            "from version " + std::to_string(*before) + " to " + std::to_string(now)};
}

// Only after the catalogue has our version, and while it is locked.
InitStep take_its_place(Transaction& transaction) {
    const std::string what = "this database as the replacement of the one that it is a copy of";
    if (!take_over(transaction)) return {what, "unchanged", "it is not a copy"};
    return {what, "taken over", "its services may run now; those of the original must not"};
}

bool role_exists(Transaction& transaction, const std::string& role) {
    return !transaction.query("SELECT FROM pg_roles WHERE rolname = $1", {role}).empty();
}

void check_owner(Transaction& transaction, const std::string& owner) {
    if (owner.empty()) return;
    if (!role_exists(transaction, owner))
        throw Error(Error::Kind::setting, "role " + owner + " does not exist",
                    "Run CREATE ROLE " + postgres::quote_name(owner) + " LOGIN.");
}

// A role that is named like the catalogue's schema finds it by "$user", before public: what it
// creates in psql would land among the catalogue's tables, where pipelines don't look. A search
// path that was set for the role is not changed.
std::optional<InitStep> keep_out_of_catalogue(Transaction& transaction, const std::string& owner) {
    const std::string role =
        owner.empty() ? transaction.query("SELECT current_user")[0].text(0) : owner;
    if (role != "tidewheel") return {};
    const std::string what = "search path of role tidewheel";
    if (exists(transaction,
               "SELECT FROM pg_db_role_setting, unnest(setconfig) s WHERE setdatabase IN (0, "
               "(SELECT oid FROM pg_database WHERE datname = current_database())) AND setrole IN "
               "(0, 'tidewheel'::regrole) AND s LIKE 'search_path=%'"))
        return InitStep{what, "already set", ""};
    const std::string database = transaction.query("SELECT current_database()")[0].text(0);
    transaction.run("ALTER ROLE tidewheel IN DATABASE " + postgres::quote_name(database) +
                    " SET search_path = public");
    return InitStep{what, "set",
                    "public: \"$user\" would be schema tidewheel, the catalogue's own"};
}

// If the current role may: the owner of the catalogue needn't be the owner of the database.
void let_use_temporary_tables(Transaction& transaction, const std::string& role) {
    const auto database = transaction.query(
        "SELECT datname FROM pg_database WHERE datname = current_database() AND "
        "pg_has_role(datdba, 'USAGE')");
    if (!database.empty() && role_exists(transaction, role))
        transaction.run("GRANT TEMPORARY ON DATABASE " + postgres::quote_name(database[0].text(0)) +
                        " TO " + postgres::quote_name(role));
}

// And what else they lack: pipelines may have been applied already.
void give_roles(Transaction& transaction, const InitOptions& options,
                std::vector<InitStep>& steps) {
    for (const std::string& role : options.services) {
        add_role(transaction, Purpose::service, role);
        steps.push_back({"role " + role, "runs services", ""});
    }
    for (const std::string& role : options.readers) {
        add_role(transaction, Purpose::reader, role);
        steps.push_back({"role " + role, "reads", ""});
    }
    for (const std::string& lacking : grant_rights(transaction))
        steps.push_back({"rights", "not possible", lacking});
}

}  // namespace

std::vector<InitStep> prepare_database(const Database& database, const InitOptions& options) {
    const auto connection = database.connect();
    Transaction transaction(*connection);
    check_owner(transaction, options.owner);
    std::vector<InitStep> steps;
    steps.push_back(make_wrapper(transaction));
    steps.push_back(make_server(transaction));
    steps.push_back(grant_usage(transaction, options.owner));
    for (const std::string& role : options.services)
        let_use_temporary_tables(transaction, role);
    if (auto step = keep_out_of_catalogue(transaction, options.owner))
        steps.push_back(std::move(*step));
    steps.push_back(make_catalogue(transaction, options.owner));
    if (options.take_over) steps.push_back(take_its_place(transaction));
    give_roles(transaction, options, steps);
    transaction.commit();
    return steps;
}

}  // namespace tidewheel::catalogue
