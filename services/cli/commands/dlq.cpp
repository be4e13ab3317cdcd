#include "cli/commands/dlq.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/commands/dlq_discard.hpp"
#include "cli/commands/dlq_export.hpp"
#include "cli/commands/dlq_flags.hpp"
#include "cli/commands/dlq_redrive.hpp"
#include "cli/context.hpp"
#include "cli/terminal/table.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/dead_letter_documents.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using postgres::Row;
using postgres::Rows;
using Align = Table::Align;

constexpr std::size_t most_shown = 48;  // of a detail, on a terminal

void print_summary(Context& context, postgres::Connection& connection,
                   const catalogue::DeadLetterFilter& filter) {
    const catalogue::DeadLetterQuery query = catalogue::count_by_reason(filter);
    if (context.json)
        return print(context.out, Json::object().set("reasons", query.json(connection)));
    Table table({{"REASON"}, {"STREAM"}, {"RECORDS", Align::right}, {"FIRST"}, {"LAST"}});
    for (const Row& row : query.rows(connection))
        table.row({row.text(0), row.text(1), grouped(row.integer(2)),
                   row.text_or(3, "-").substr(0, 19), row.text_or(4, "-").substr(0, 19)});
    context.out << (table.empty() ? "No dead letters.\n" : table.text());
}

void print_list(Context& context, postgres::Connection& connection,
                const catalogue::DeadLetterFilter& filter, int limit) {
    const std::int64_t total = catalogue::count(connection, filter);
    const catalogue::DeadLetterQuery query = catalogue::newest(filter, limit);
    if (context.json)
        return print(
            context.out,
            Json::object().set("dead_letters", query.json(connection)).set("total", total));
    Table table({{"ID", Align::right}, {"STREAM"}, {"STATEMENT"}, {"AT"}, {"REASON"}, {"DETAIL"}});
    for (const Row& row : query.rows(connection)) {
        const std::string detail = (row.is_null(8) ? "" : row.text(8) + ": ") + row.text(9);
        table.row({row.text(0), row.text(1), row.text_or(2, "-"), row.text(4) + ":" + row.text(5),
                   row.text(7), context.out_is_terminal ? shorten(detail, most_shown) : detail});
    }
    context.out << (table.empty() ? "No dead letters.\n" : table.text());
    if (total > limit)
        context.out << grouped(limit) << " of " << grouped(total) << ": --limit shows more\n";
}

}  // namespace

int dlq_list(Context& context, const DlqListOptions& options) {
    const auto connection = context.connect();
    catalogue::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    const catalogue::DeadLetterFilter filter = catalogue::as_of_now(*connection, options.filter);
    options.by.empty() ? print_list(context, *connection, filter, options.limit)
                       : print_summary(context, *connection, filter);
    return 0;
}

int dlq_show(Context& context, std::int64_t id) {
    const auto connection = context.connect();
    catalogue::catalogue_version(*connection);
    catalogue::prepare_documents(*connection);
    const catalogue::DeadLetterQuery query = catalogue::whole(id);
    const Rows rows = query.rows(*connection);
    if (rows.empty())
        throw Error(Error::Kind::setting, "dead letter " + std::to_string(id) + " does not exist",
                    "`tidewheel dlq list` lists them.");
    if (context.json) {
        print(context.out, query.json(*connection).items().at(0));
        return 0;
    }
    std::size_t width = 0;
    for (const std::string& column : rows.columns)
        width = std::max(width, column.size() + 2);
    for (std::size_t i = 0; i < rows.columns.size(); ++i)
        context.out << rows.columns[i] << std::string(width - rows.columns[i].size(), ' ')
                    << indented(rows[0].text_or(i, "-"), width) << '\n';
    return 0;
}

void add_dlq(CLI::App& program, Context& context) {
    CLI::App* command = program.add_subcommand(
        "dlq", "Show, redrive, discard or export dead letters: records that could not be stored");
    command->require_subcommand(1);
    auto options = std::make_shared<DlqListOptions>();
    CLI::App* list = command->add_subcommand("list", "List dead letters, newest first");
    add_filter_options(*list, options->filter);
    list->add_flag("--discarded", options->filter.discarded, "Also list discarded ones");
    list->add_option("--limit", options->limit, "How many")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    list->add_option("--by", options->by, "Print a summary: counts by reason and stream")
        ->check(CLI::IsMember({"reason"}));
    list->footer("Example:\n  tidewheel dlq list --by reason");
    list->callback([&context, options] {
        context.action = [&context, options] { return dlq_list(context, *options); };
    });

    auto id = std::make_shared<std::int64_t>();
    CLI::App* show =
        command->add_subcommand("show", "Show one dead letter in full: headers, key, payload");
    show->add_option("id", *id, "Its number, from tidewheel dlq list")->required()->type_name("ID");
    show->footer("Example:\n  tidewheel dlq show 17");
    show->callback(
        [&context, id] { context.action = [&context, id] { return dlq_show(context, *id); }; });
    add_dlq_redrive(*command, context);
    add_dlq_discard(*command, context);
    add_dlq_export(*command, context);
    command->footer(
        "See docs/how-to/dead-letters.md.\n\nExample:\n  tidewheel dlq list --reason "
        "check_violation");
}

}  // namespace tidewheel::cli
