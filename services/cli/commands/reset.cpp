#include "cli/commands/reset.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/question.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/operate/offset_reset.hpp"
#include "tidewheel/operate/topic_reset.hpp"

namespace tidewheel::cli {
namespace {

std::vector<std::string> words_of(const std::vector<operate::Move>& moves) {
    std::vector<std::string> lines;
    for (const operate::Move& move : moves)
        lines.push_back(move.words());
    return lines;
}

std::vector<std::string> all_of(std::vector<std::string> lines,
                                const std::vector<std::string>& more) {
    lines.insert(lines.end(), more.begin(), more.end());
    return lines;
}

void report(Context& context, const std::vector<operate::Move>& moves,
            const std::vector<std::string>& notes, bool dry_run) {
    codec::Json list = codec::Json::array();
    for (const operate::Move& move : moves) {
        list.push(
            codec::Json::object()
                .set("statement", move.name)
                .set("topic", move.topic)
                .set("partition", move.partition)
                .set("from", move.from)
                .set("to", move.to())
                .set("skipped", move.skipped())
                .set("again", move.again())
                .set("waiting", move.again() > 0 ? move.neighbours : std::vector<std::string>()));
    }
    if (context.json)
        return print(
            context.out,
            codec::Json::object().set("done", !dry_run).set("moves", list).set("notes", notes));
    for (const std::string& line : all_of(words_of(moves), notes))
        context.out << line << '\n';
    if (moves.empty()) context.out << "Already at these positions: nothing was changed.\n";
}

int reset_statements(Context& context, const ResetOptions& options) {
    const operate::Servers servers = context.servers();
    const operate::ResetRequest request{options.statements, options.to, options.partition,
                                        options.reason, options.allow_duplicates};
    std::vector<operate::Move> moves = operate::find_moves(servers, request);
    const std::vector<std::string> notes = operate::warnings_of(servers, moves);
    const bool ask = !options.dry_run && !options.yes && !moves.empty();
    if (ask && !agreed(context, all_of(words_of(moves), notes)))
        return static_cast<int>(ExitCode::usage);
    if (!options.dry_run && !moves.empty()) moves = operate::reset(servers, request, moves);
    report(context, moves, notes, options.dry_run);
    return 0;
}

int reset_recreated_topic(Context& context, const ResetOptions& options) {
    const operate::Servers servers = context.servers();
    const operate::TopicReset request{options.topic_recreated, options.allow_duplicates};
    std::vector<std::string> lines = operate::consequences_of(servers, request);
    if (!options.dry_run && !options.yes && !agreed(context, lines))
        return static_cast<int>(ExitCode::usage);
    if (!options.dry_run) lines = operate::reset_topic(servers, request);
    if (context.json)
        print(context.out,
              codec::Json::object().set("done", !options.dry_run).set("changes", lines));
    else
        for (const std::string& line : lines)
            context.out << line << '\n';
    return 0;
}

void require_sense(const ResetOptions& options) {
    const bool one_way = !options.statements.empty() && !options.to.empty();
    const bool other_way = options.statements.empty() && options.to.empty() && !options.partition;
    if (options.topic_recreated.empty() ? !one_way : !other_way)
        throw Error(Error::Kind::setting,
                    "reset requires statements and --to, or --topic-recreated",
                    "See tidewheel reset --help.");
}

}  // namespace

int reset(Context& context, const ResetOptions& options) {
    require_sense(options);
    return options.topic_recreated.empty() ? reset_statements(context, options)
                                           : reset_recreated_topic(context, options);
}

void add_reset(CLI::App& program, Context& context) {
    auto options = std::make_shared<ResetOptions>();
    CLI::App* command = program.add_subcommand(
        "reset", "Set where statements continue: skip records, or read them again");
    command
        ->add_option("statement", options->statements, "Statements, as tidewheel status lists them")
        ->type_name("STATEMENT");
    command
        ->add_option("--to", options->to,
                     "earliest, latest, an offset (with --partition), or the first record of a "
                     "time")
        ->type_name("earliest|latest|OFFSET|TIME");
    command->add_option("--partition", options->partition, "Only in this partition")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--reason", options->reason, "Recorded with the skipped offsets")
        ->type_name("TEXT")
        ->capture_default_str();
    command
        ->add_option("--topic-recreated", options->topic_recreated,
                     "The topic was deleted and created again: every statement that reads it "
                     "starts at its first record, unless it has read the new topic already")
        ->type_name("TOPIC");
    command->add_flag("--allow-duplicates", options->allow_duplicates,
                      "Read records again even if they will be stored twice");
    command->add_flag("--yes", options->yes, "Don't ask for confirmation");
    command->add_flag("--dry-run", options->dry_run, "Show what would happen, and change nothing");
    command->footer(
        "Says what it will do, and asks first. Skipped offsets are recorded in tidewheel.skipped.\n"
        "Records are read again only where that stores nothing twice. For a view, use tidewheel "
        "rebuild.\n"
        "See docs/how-to/missing-data.md.\n\n"
        "Example:\n  tidewheel reset discounted_events --partition 1 --to earliest");
    command->callback([&context, options] {
        context.action = [&context, options] { return reset(context, *options); };
    });
}

}  // namespace tidewheel::cli
