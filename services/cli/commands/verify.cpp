#include "cli/commands/verify.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "tidewheel/catalogue/verifications.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/registry/registries.hpp"
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
                      .set("verdict", verify::word_of(result.verdict(ignore_unexpected)))
                      .set("rows", result.difference.expected)
                      .set("missing", result.difference.missing)
                      .set("unexpected", result.difference.unexpected)
                      .set("missing_rows", rows_as_json(result.difference.missing_rows))
                      .set("unexpected_rows", rows_as_json(result.difference.unexpected_rows))
                      .set("unjudged", result.unjudged)
                      .set("problems", result.problems)
                      .set("obstacles", result.obstacles)
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
    if (result.unjudged > 0)
        return "equal: " + plural(difference.expected - result.unjudged, "row") + " of " +
               grouped(difference.expected) + "; the others can't be judged by these records";
    return "equal: " + plural(difference.expected, "row") + others;
}

void print_details(std::ostream& out, const verify::Verified& result) {
    for (const auto* lines : {&result.problems, &result.obstacles})
        for (const std::string& line : *lines)
            out << "    " << printable_line(line) << '\n';
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

ExitCode exit_code(const std::vector<verify::Verified>& results, bool ignore_unexpected) {
    ExitCode code = ExitCode::ok;
    for (const verify::Verified& result : results) {
        const verify::Verdict found = result.verdict(ignore_unexpected);
        if (found == verify::Verdict::different) return ExitCode::difference;
        if (found == verify::Verdict::unchecked) code = ExitCode::unchecked;
    }
    return code;
}

// For `status` and for alerts. A role that may only read verifies, too.
void note(Context& context, const VerifyOptions& options,
          const std::vector<verify::Verified>& results) {
    std::vector<catalogue::Finding> findings;
    for (const verify::Verified& each : results)
        if (each.compared)
            findings.push_back(
                {each.statements, verify::word_of(each.verdict(options.ignore_unexpected)),
                 !options.since.empty() || options.sample < 100, each.difference.missing,
                 each.difference.unexpected, each.unjudged});
    try {
        catalogue::note_findings(*context.database().connect(), findings);
    } catch (const postgres::DatabaseError& error) {
        context.err << "tidewheel: the result is not recorded for tidewheel status: "
                    << error.what() << '\n';
    }
}

// "1%" or "1": percent.
std::string read_percent(std::string& text) {
    if (text.ends_with('%')) text.pop_back();
    return CLI::Range(0.0001, 100.0)(text);
}

}  // namespace

int verify(Context& context, const VerifyOptions& options) {
    std::vector<verify::Verified> results;
    context.connect_to_share();
    {
        ProgressBar bar(context.err, context.err_is_terminal, "reading", 0);
        registry::Registries registries(context.settings);
        const verify::SchemaLookup schemas = [&](const std::string& url, std::uint32_t id) {
            return registries.at(url).find(id);
        };
        results = verify::verify(context.database(), {context.kafka(), schemas},
                                 {options.names, options.since, options.sample / 100}, bar);
    }
    note(context, options, results);
    context.json ? print(context.out, as_json(results, options.ignore_unexpected))
                 : print_text(context, results, options.ignore_unexpected);
    return static_cast<int>(exit_code(results, options.ignore_unexpected));
}

void add_verify(CLI::App& program, Context& context) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* command = program.add_subcommand(
        "verify", "Compare the stored rows with what PostgreSQL computes from the topic");
    command->add_option("name", options->names, "Statements; none: all")->type_name("NAME");
    command->add_flag("--ignore-unexpected", options->ignore_unexpected,
                      "Ignore rows of a table that do not come from the topic");
    command
        ->add_option("--since", options->since,
                     "Only records from this time on: a time, or how long before now (1d)")
        ->type_name("TIME");
    command
        ->add_option("--sample", options->sample,
                     "Only a sample of the records, in percent of them (1%)")
        ->type_name("PERCENT")
        ->transform(CLI::Validator(read_percent, "", "percent"));
    command->footer(
        "Reads each topic from its start up to the recorded progress, in one snapshot. Services "
        "may run.\n"
        "Of a part of the records, it finds rows that are missing, but not rows too many.\n"
        "Exit status: 1 if anything differs; 6 if nothing differs, but something cannot be "
        "checked.\n"
        "See docs/reference/verify.md.\n\n"
        "Examples:\n  tidewheel verify sales_hourly\n"
        "  tidewheel verify --since 1d --sample 10%");
    command->callback([&context, options] {
        context.several = SeveralDatabases::each;
        context.action = [&context, options] { return verify(context, *options); };
    });
}

}  // namespace tidewheel::cli
