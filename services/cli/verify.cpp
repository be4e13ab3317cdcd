#include "cli/verify.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/progress_bar.hpp"
#include "cli/table.hpp"
#include "cli/verification.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

std::vector<int> choose(const postgres::Catalogue& catalogue,
                        const std::vector<std::string>& names) {
    std::vector<int> chosen;
    for (const postgres::StoredStatement& statement : catalogue.statements)
        if (names.empty()) chosen.push_back(statement.id);
    for (const std::string& name : names) {
        const auto* statement = catalogue.find_statement(name);
        if (!statement)
            throw Error(Error::Kind::setting, "there is no statement " + name,
                        "tidewheel status lists them");
        chosen.push_back(statement->id);
    }
    return chosen;
}

Json texts(const std::vector<std::string>& lines) {
    Json list = Json::array();
    for (const std::string& line : lines)
        list.push(line);
    return list;
}

Json rows_as_json(const std::vector<std::string>& rows) {
    Json list = Json::array();
    for (const std::string& row : rows)
        list.push(Json::parse(row).value_or(Json(row)));
    return list;
}

Json as_json(const std::vector<Verified>& results, bool ignore_unexpected) {
    Json list = Json::array();
    for (const Verified& result : results)
        list.push(Json::object()
                      .set("statements", texts(result.statements))
                      .set("relation", result.stored)
                      .set("equal", result.equal(ignore_unexpected))
                      .set("rows", result.difference.expected)
                      .set("missing", result.difference.missing)
                      .set("unexpected", result.difference.unexpected)
                      .set("missing_rows", rows_as_json(result.difference.missing_rows))
                      .set("unexpected_rows", rows_as_json(result.difference.unexpected_rows))
                      .set("problems", texts(result.problems))
                      .set("notes", texts(result.notes)));
    return Json::object().set("relations", list);
}

std::string verdict(const Verified& result, bool ignore_unexpected) {
    const Difference& difference = result.difference;
    if (!result.equal(ignore_unexpected)) {
        if (difference.missing == 0 && difference.unexpected == 0) return "NOT VERIFIED";
        return "DIFFERS: " + plural(difference.missing, "row") + " missing, " +
               grouped(difference.unexpected) + " unexpected, of " + grouped(difference.expected);
    }
    const std::string others =
        difference.unexpected > 0
            ? ", and " + plural(difference.unexpected, "row") + " from elsewhere"
            : "";
    return "equal: " + plural(difference.expected, "row") + others;
}

void print_details(std::ostream& out, const Verified& result) {
    for (const std::string& problem : result.problems)
        out << "    " << problem << '\n';
    for (const std::string& row : result.difference.missing_rows)
        out << "    missing    " << row << '\n';
    for (const std::string& row : result.difference.unexpected_rows)
        out << "    unexpected " << row << '\n';
}

void print_text(Context& context, const std::vector<Verified>& results, bool ignore_unexpected) {
    for (const Verified& result : results) {
        std::string names;
        for (const std::string& name : result.statements)
            names += (names.empty() ? "" : ", ") + name;
        context.out << names << (names == result.stored ? "" : " (" + result.stored + ")") << ": "
                    << verdict(result, ignore_unexpected) << '\n';
        for (const std::string& note : result.notes)
            context.out << "    " << note << '\n';
        if (!result.equal(ignore_unexpected)) print_details(context.out, result);
    }
    if (results.empty()) context.out << "No statement has been applied: tidewheel apply.\n";
}

// Opens a transaction whose snapshot has just this catalogue: it may be changed between the two.
postgres::Catalogue open_snapshot(postgres::Session& session, postgres::Connection& connection) {
    for (;;) {
        postgres::Catalogue catalogue = postgres::load_catalogue(connection);
        session.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
        if (session.run("SELECT version FROM tidewheel.catalogue")[0].integer(0) ==
            catalogue.version)
            return catalogue;
        session.run("ROLLBACK");
    }
}

}  // namespace

int verify(Context& context, const VerifyOptions& options) {
    postgres::Session session(context.settings.database, "tidewheel verify");
    // Kafka may pause between two pieces of a topic; a snapshot that waits for it locks nothing
    // that others want to write.
    session.run("SET idle_in_transaction_session_timeout = '2min'");
    const postgres::Catalogue catalogue = open_snapshot(session, *context.connect());
    const std::vector<int> chosen = choose(catalogue, options.names);
    std::vector<Verified> results;
    {
        ProgressBar bar(context.err, context.err_is_terminal, "reading", 0);
        std::int64_t total = 0;
        results = verify_statements(catalogue, chosen, session, context.kafka(),
                                    {[&](std::int64_t records) { bar.set_total(total += records); },
                                     [&](std::int64_t records) { bar.advance(records); }});
    }
    context.json ? print(context.out, as_json(results, options.ignore_unexpected))
                 : print_text(context, results, options.ignore_unexpected);
    const bool all_equal = std::all_of(results.begin(), results.end(), [&](const Verified& result) {
        return result.equal(options.ignore_unexpected);
    });
    return static_cast<int>(all_equal ? ExitCode::ok : ExitCode::difference);
}

void add_verify(CLI::App& program, Context& context) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* command = program.add_subcommand(
        "verify", "Compare what is stored with what PostgreSQL itself computes from the topic");
    command->add_option("name", options->names, "Statements; none: all")->type_name("NAME");
    command->add_flag("--ignore-unexpected", options->ignore_unexpected,
                      "Rows of a table that come from elsewhere are no difference");
    command->footer(
        "Reads each topic from its beginning up to the recorded progress, in one snapshot; the "
        "services may go on.\n"
        "Exit status: 1 when something differs.\n\nExample:\n  tidewheel verify sales_hourly");
    command->callback([&context, options] {
        context.action = [&context, options] { return verify(context, *options); };
    });
}

}  // namespace tidewheel::cli
