#include "cli/dlq.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/dlq_discard.hpp"
#include "cli/dlq_export.hpp"
#include "cli/dlq_redrive.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using postgres::Row;
using postgres::Rows;
using Align = Table::Align;

constexpr std::size_t most_shown = 48;  // of a detail, on a terminal

// Rows as JSON objects, named by the query's columns; numbers and documents stay what they are.
Json rows_as_json(postgres::Connection& connection, const std::string& query) {
    const Row row =
        connection.query("SELECT coalesce(json_agg(q), '[]')::text FROM (" + query + ") q")[0];
    return Json::parse(row.text(0)).value_or(Json::array());
}

void print_summary(Context& context, postgres::Connection& connection, const std::string& where) {
    const std::string query =
        "SELECT d.reason, t.name AS stream, count(*) AS records, min(d.record_time) AS first, "
        "max(d.record_time) AS last" +
        std::string(from_dead_letters) + where + " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2";
    if (context.json)
        return print(context.out, Json::object().set("reasons", rows_as_json(connection, query)));
    Table table({{"REASON"}, {"STREAM"}, {"RECORDS", Align::right}, {"FIRST"}, {"LAST"}});
    for (const Row& row : connection.query(query))
        table.row({row.text(0), row.text(1), grouped(row.integer(2)),
                   row.text_or(3, "-").substr(0, 19), row.text_or(4, "-").substr(0, 19)});
    context.out << (table.empty() ? "No dead letters.\n" : table.text());
}

void print_list(Context& context, postgres::Connection& connection, const std::string& where,
                int limit) {
    const std::int64_t total =
        connection.query("SELECT count(*)" + std::string(from_dead_letters) + where)
            .at(0)
            .integer(0);
    const std::string query =
        "SELECT d.id, t.name AS stream, s.name AS statement, d.topic, d.partition, d.\"offset\", "
        "d.record_time, d.reason, d.column_name, d.detail" +
        std::string(from_dead_letters) + where + " ORDER BY d.id DESC LIMIT " +
        std::to_string(limit);
    if (context.json)
        return print(context.out, Json::object()
                                      .set("dead_letters", rows_as_json(connection, query))
                                      .set("total", total));
    Table table({{"ID", Align::right}, {"STREAM"}, {"STATEMENT"}, {"AT"}, {"REASON"}, {"DETAIL"}});
    for (const Row& row : connection.query(query)) {
        const std::string detail = (row.is_null(8) ? "" : row.text(8) + ": ") + row.text(9);
        table.row({row.text(0), row.text(1), row.text_or(2, "-"), row.text(4) + ":" + row.text(5),
                   row.text(7), context.out_is_terminal ? shorten(detail, most_shown) : detail});
    }
    context.out << (table.empty() ? "No dead letters.\n" : table.text());
    if (total > limit)
        context.out << grouped(limit) << " of " << grouped(total) << ": --limit shows more\n";
}

// Bytes as people read them: text where it is UTF-8 without NUL, hexadecimal otherwise.
constexpr auto payload_text =
    "CREATE FUNCTION pg_temp.tidewheel_text(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
    "RETURN convert_from(bytes, 'UTF8'); "
    "EXCEPTION WHEN OTHERS THEN RETURN bytes::text; END $$";

constexpr auto show_query =
    "SELECT d.id, t.schema_name || '.' || t.name AS stream, s.name AS statement, d.topic, "
    "d.partition, d.\"offset\", d.record_time, "
    "d.parked_at, d.tried_at, d.discarded_at, d.reason, d.column_name AS column, d.detail, "
    "(SELECT string_agg(m.name, ', ' ORDER BY m.id) FROM tidewheel.statements m WHERE m.id = ANY "
    "(d.missed_by)) AS missed_by, pg_temp.tidewheel_text(d.key) AS "
    "key, d.headers, "
    "octet_length(d.payload) AS bytes, pg_temp.tidewheel_text(d.payload) AS payload";

}  // namespace

int dlq_list(Context& context, const DlqListOptions& options) {
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    const std::string where = "WHERE " + condition_of(as_of_now(*connection, options.filter));
    options.by.empty() ? print_list(context, *connection, where, options.limit)
                       : print_summary(context, *connection, where);
    return 0;
}

int dlq_show(Context& context, std::int64_t id) {
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);
    connection->query(payload_text);
    const std::string query =
        show_query + std::string(from_dead_letters) + "WHERE d.id = " + std::to_string(id);
    const Rows rows = connection->query(query);
    if (rows.empty())
        throw Error(Error::Kind::setting, "there is no dead letter " + std::to_string(id),
                    "tidewheel dlq list");
    if (context.json) {
        print(context.out, rows_as_json(*connection, query).items().at(0));
        return 0;
    }
    std::size_t width = 0;
    for (const std::string& column : rows.columns)
        width = std::max(width, column.size() + 2);
    for (std::size_t i = 0; i < rows.columns.size(); ++i)
        context.out << rows.columns[i] << std::string(width - rows.columns[i].size(), ' ')
                    << rows[0].text_or(i, "-") << '\n';
    return 0;
}

void add_dlq(CLI::App& program, Context& context) {
    CLI::App* command = program.add_subcommand(
        "dlq", "Dead letters, records that could not be stored: look at them, run them again");
    command->require_subcommand(1);
    auto options = std::make_shared<DlqListOptions>();
    CLI::App* list = command->add_subcommand("list", "List dead letters, newest first");
    add_filter_options(*list, options->filter);
    list->add_flag("--discarded", options->filter.discarded, "Those that were given up, too");
    list->add_option("--limit", options->limit, "How many")
        ->type_name("N")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    list->add_option("--by", options->by, "A summary instead: counts by reason and stream")
        ->check(CLI::IsMember({"reason"}));
    list->footer("Example:\n  tidewheel dlq list --by reason");
    list->callback([&context, options] {
        context.action = [&context, options] { return dlq_list(context, *options); };
    });

    auto id = std::make_shared<std::int64_t>();
    CLI::App* show =
        command->add_subcommand("show", "Show one dead letter whole: headers, key, payload");
    show->add_option("id", *id, "Its number, from tidewheel dlq list")->required()->type_name("ID");
    show->footer("Example:\n  tidewheel dlq show 17");
    show->callback(
        [&context, id] { context.action = [&context, id] { return dlq_show(context, *id); }; });
    add_dlq_redrive(*command, context);
    add_dlq_discard(*command, context);
    add_dlq_export(*command, context);
    command->footer("Example:\n  tidewheel dlq list --reason check_violation");
}

}  // namespace tidewheel::cli
