#include "cli/commands/verify.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/verify/verification.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

Json rows_as_json(const std::vector<std::string>& rows) {
    Json list = Json::array();
    for (const std::string& row : rows)
        list.push(Json::parse(row).value_or(Json(row)));
    return list;
}

Json as_json(const std::vector<verify::Verified>& results, bool ignore_unexpected) {
    Json list = Json::array();
    for (const verify::Verified& result : results)
        list.push(Json::object()
                      .set("statements", result.statements)
                      .set("relation", result.stored)
                      .set("compared", result.compared)
                      .set("equal", result.equal(ignore_unexpected))
                      .set("rows", result.difference.expected)
                      .set("missing", result.difference.missing)
                      .set("unexpected", result.difference.unexpected)
                      .set("missing_rows", rows_as_json(result.difference.missing_rows))
                      .set("unexpected_rows", rows_as_json(result.difference.unexpected_rows))
                      .set("problems", result.problems)
                      .set("notes", result.notes));
    return Json::object().set("relations", list);
}

std::string verdict(const verify::Verified& result, bool ignore_unexpected) {
    const verify::Difference& difference = result.difference;
    if (!result.compared && result.problems.empty()) return "not compared";
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

void print_details(std::ostream& out, const verify::Verified& result) {
    for (const std::string& problem : result.problems)
        out << "    " << printable_line(problem) << '\n';
    for (const std::string& row : result.difference.missing_rows)
        out << "    missing    " << row << '\n';
    for (const std::string& row : result.difference.unexpected_rows)
        out << "    unexpected " << row << '\n';
}

void print_text(Context& context, const std::vector<verify::Verified>& results,
                bool ignore_unexpected) {
    for (const verify::Verified& result : results) {
        std::string names;
        for (const std::string& name : result.statements)
            names += (names.empty() ? "" : ", ") + name;
        context.out << names << (names == result.stored ? "" : " (" + result.stored + ")") << ": "
                    << verdict(result, ignore_unexpected) << '\n';
        for (const std::string& note : result.notes)
            context.out << "    " << printable_line(note) << '\n';
        if (!result.equal(ignore_unexpected)) print_details(context.out, result);
    }
    if (results.empty()) context.out << "No statement has been applied yet. Run tidewheel apply.\n";
}

}  // namespace

int verify(Context& context, const VerifyOptions& options) {
    std::vector<verify::Verified> results;
    context.connect_to_share();
    {
        ProgressBar bar(context.err, context.err_is_terminal, "reading", 0);
        results = verify::verify(context.database(), context.kafka(), options.names, bar);
    }
    context.json ? print(context.out, as_json(results, options.ignore_unexpected))
                 : print_text(context, results, options.ignore_unexpected);
    const bool all_equal = std::all_of(
        results.begin(), results.end(),
        [&](const verify::Verified& result) { return result.equal(options.ignore_unexpected); });
    return static_cast<int>(all_equal ? ExitCode::ok : ExitCode::difference);
}

void add_verify(CLI::App& program, Context& context) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* command = program.add_subcommand(
        "verify", "Compare the stored rows with what PostgreSQL computes from the topic");
    command->add_option("name", options->names, "Statements; none: all")->type_name("NAME");
    command->add_flag("--ignore-unexpected", options->ignore_unexpected,
                      "Ignore rows of a table that do not come from the topic");
    command->footer(
        "Reads each topic from its start up to the recorded progress, in one snapshot. Services "
        "may run.\n"
        "Exit status: 1 if anything differs or cannot be verified.\n"
        "See docs/reference/verify.md.\n\n"
        "Example:\n  tidewheel verify sales_hourly");
    command->callback([&context, options] {
        context.several = SeveralDatabases::each;
        context.action = [&context, options] { return verify(context, *options); };
    });
}

}  // namespace tidewheel::cli
