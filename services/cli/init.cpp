#include "cli/init.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/migrations.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Transaction;

struct InitStep {
    std::string what;
    std::string outcome;  // created, there already, granted, migrated, not possible
    std::string note;
};

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
        return {what, "there already", ""};
    if (!is_superuser(transaction))
        return {what, "not possible",
                "only a superuser may create it; without it streams will be empty ordinary tables, "
                "which works as well"};
    transaction.run("CREATE FOREIGN DATA WRAPPER tidewheel NO HANDLER NO VALIDATOR");
    return {what, "created", ""};
}

InitStep make_server(Transaction& transaction) {
    const std::string what = "server kafka";
    if (exists(transaction, "SELECT FROM pg_foreign_server WHERE srvname = 'kafka'"))
        return {what, "there already", ""};
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

// By the role that will apply pipelines. When none is named: by all, or, where we may not grant
// that, by ourselves.
InitStep grant_usage(Transaction& transaction, const std::string& owner) {
    const auto server = transaction.query(
        "SELECT pg_has_role(srvowner, 'USAGE'), current_user FROM pg_foreign_server WHERE srvname "
        "= 'kafka'");
    const bool may_grant = !server.empty() && server[0].boolean(0);
    const bool to_all = owner.empty() && (server.empty() || may_grant);
    const std::string role = to_all ? "public" : owner.empty() ? server[0].text(1) : owner;
    const std::string what = "use of server kafka by " + (to_all ? "PUBLIC" : role);
    if (server.empty()) return {what, "not possible", "there is no server kafka"};
    if (may_use_server(transaction, role)) return {what, "there already", ""};
    if (!may_grant) return {what, "not possible", "only the owner of server kafka may grant it"};
    transaction.run("GRANT USAGE ON FOREIGN SERVER kafka TO " +
                    (to_all ? "PUBLIC" : postgres::quote_name(role)));
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
    const auto before = postgres::migrated_version(transaction);
    if (!owner.empty() && !before) let_owner_create_schemas(transaction, owner);
    if (!owner.empty()) transaction.run("SET LOCAL ROLE " + postgres::quote_name(owner));
    postgres::migrate(transaction);
    const int now = postgres::migration_version();
    if (!before) return {what, "created", "version " + std::to_string(now)};
    if (*before == now) return {what, "there already", "version " + std::to_string(now)};
    return {what, "migrated",
            "from version " + std::to_string(*before) + " to " + std::to_string(now)};
}

void check_owner(Transaction& transaction, const std::string& owner) {
    if (owner.empty()) return;
    if (transaction.query("SELECT FROM pg_roles WHERE rolname = $1", {owner}).empty())
        throw Error(Error::Kind::setting, "there is no role " + owner,
                    "CREATE ROLE " + postgres::quote_name(owner) + " LOGIN");
}

void print_steps(Context& context, const std::vector<InitStep>& steps) {
    if (context.json) {
        codec::Json list = codec::Json::array();
        for (const InitStep& step : steps) {
            codec::Json item = codec::Json::object();
            item.set("what", step.what).set("outcome", step.outcome);
            if (!step.note.empty()) item.set("note", step.note);
            list.push(item);
        }
        return print(context.out, codec::Json::object().set("steps", list));
    }
    for (const InitStep& step : steps)
        context.out << step.what << ": " << step.outcome
                    << (step.note.empty() ? "" : " (" + step.note + ")") << '\n';
}

}  // namespace

int init(Context& context, const InitOptions& options) {
    const auto connection = context.connect();
    Transaction transaction(*connection);
    check_owner(transaction, options.owner);
    std::vector<InitStep> steps;
    steps.push_back(make_wrapper(transaction));
    steps.push_back(make_server(transaction));
    steps.push_back(grant_usage(transaction, options.owner));
    steps.push_back(make_catalogue(transaction, options.owner));
    transaction.commit();
    print_steps(context, steps);
    return 0;
}

void add_init(CLI::App& program, Context& context) {
    auto options = std::make_shared<InitOptions>();
    CLI::App* command = program.add_subcommand(
        "init",
        "Prepare a database: the foreign-data wrapper (once, as superuser) and the catalogue");
    command
        ->add_option(
            "--owner", options->owner,
            "The role that will apply pipelines; it gets the catalogue and may use server kafka")
        ->type_name("ROLE");
    command->footer(
        "Example:\n  tidewheel init --owner etl --database postgresql://postgres@db/shop");
    command->callback([&context, options] {
        context.action = [&context, options] { return init(context, *options); };
    });
}

}  // namespace tidewheel::cli
