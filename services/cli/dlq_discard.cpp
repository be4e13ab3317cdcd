#include "cli/dlq_discard.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/progress_bar.hpp"
#include "cli/question.hpp"
#include "cli/running_change.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {
namespace {

// Their rows stay: whoever asks later must find that these offsets were given up, and why. Locked
// in the order in which a redrive locks them.
std::int64_t discard(postgres::Connection& connection, const DeadLetterPage& page) {
    return static_cast<std::int64_t>(
        connection
            .query("UPDATE tidewheel.dead_letters SET discarded_at = clock_timestamp(), key = "
                   "NULL, headers = NULL, payload = NULL WHERE id IN (SELECT id FROM "
                   "tidewheel.dead_letters WHERE id = ANY ($1::bigint[]) AND discarded_at IS NULL "
                   "ORDER BY \"offset\", id FOR UPDATE)",
                   {page.id_array()})
            .affected);
}

std::int64_t count(postgres::Connection& connection, const DeadLetterFilter& filter) {
    return connection
        .query("SELECT count(*)" + std::string(from_dead_letters) + "WHERE " + condition_of(filter))
        .at(0)
        .integer(0);
}

}  // namespace

int dlq_discard(Context& context, const DiscardOptions& options) {
    if (options.filter.selects_all() != options.all)
        throw Error(Error::Kind::setting,
                    options.all ? "--all and a selection exclude each other"
                                : "no dead letters were chosen",
                    "name their ids or a reason, a stream, a time…; or --all");
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    const DeadLetterFilter filter = as_of_now(*connection, options.filter);
    const auto missing = missing_ids(*connection, filter);
    if (missing && !context.json) context.err << *missing << '\n';
    const std::int64_t selected = count(*connection, filter);
    if (selected > 0 && !options.yes &&
        !agreed(context, {plural(selected, "dead letter") + " will lose key, headers and payload, "
                                                            "and can never be redriven"}))
        return static_cast<int>(ExitCode::usage);
    std::int64_t discarded = 0;
    {
        ProgressBar bar(context.err, context.err_is_terminal, "discarding", selected);
        connection->query("SET lock_timeout = '5s'");
        DeadLetterPages pages(filter);
        while (const auto page = pages.next(*connection)) {
            despite_locks(context, [&] { discarded += discard(*connection, *page); });
            bar.set(discarded);
        }
    }
    if (context.json)
        print(context.out,
              codec::Json::object().set("discarded", discarded).set("warning", missing));
    else
        context.out << "discarded: " << grouped(discarded) << '\n';
    return 0;
}

void add_dlq_discard(CLI::App& dlq, Context& context) {
    auto options = std::make_shared<DiscardOptions>();
    CLI::App* command = dlq.add_subcommand(
        "discard", "Give dead letters up: their bytes go, their place and reason stay");
    add_filter_options_and_ids(*command, options->filter);
    command->add_flag("--all", options->all, "All that there are");
    command->add_flag("--yes", options->yes, "Don't ask");
    command->footer("Example:\n  tidewheel dlq discard --reason not_json --until '30 days'");
    command->callback([&context, options] {
        context.action = [&context, options] { return dlq_discard(context, *options); };
    });
}

}  // namespace tidewheel::cli
