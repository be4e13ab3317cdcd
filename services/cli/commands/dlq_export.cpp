#include "cli/commands/dlq_export.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>

#include "cli/commands/dlq_flags.hpp"
#include "cli/context.hpp"
#include "cli/terminal/whole_file.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/dead_letter_documents.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cli {
namespace {

namespace fs = std::filesystem;

// One payload a file, byte for byte.
std::int64_t write_files(postgres::Connection& connection, const catalogue::DeadLetterPage& page,
                         const fs::path& directory) {
    std::int64_t written = 0;
    catalogue::export_payloads(connection, page,
                               [&](const std::string& name, const std::string& payload) {
                                   WholeFile file(directory / name);
                                   file.out() << payload;
                                   file.finish();
                                   ++written;
                               });
    return written;
}

std::int64_t write_lines(postgres::Connection& connection, const catalogue::DeadLetterPage& page,
                         std::ostream& out) {
    std::int64_t written = 0;
    catalogue::export_documents(connection, page, [&](const std::string& document) {
        out << document << '\n';
        ++written;
    });
    return written;
}

std::int64_t for_each_page(
    Context& context, const catalogue::DeadLetterFilter& filter,
    const std::function<std::int64_t(postgres::Connection&, const catalogue::DeadLetterPage&)>&
        write) {
    const auto connection = context.connect();
    catalogue::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    catalogue::prepare_documents(*connection);
    const catalogue::DeadLetterFilter now = catalogue::as_of_now(*connection, filter);
    if (const auto missing = catalogue::missing_ids(*connection, now))
        context.err << *missing << '\n';
    catalogue::DeadLetterPages pages(now);
    std::int64_t written = 0;
    while (const auto page = pages.next(*connection))
        written += write(*connection, *page);
    return written;
}

void say(Context& context, std::int64_t count, const std::string& where) {
    if (context.json)
        print(context.out, codec::Json::object().set("exported", count).set("output", where));
    else
        context.out << "exported: " << grouped(count) << " to " << where << '\n';
}

}  // namespace

int dlq_export(Context& context, const ExportOptions& options) {
    using postgres::Connection;
    if (!options.raw.empty()) {
        std::error_code failed;
        fs::create_directories(options.raw, failed);
        if (failed)
            throw Error(Error::Kind::setting,
                        "can't create " + options.raw + ": " + failed.message());
        say(context,
            for_each_page(context, options.filter,
                          [&](Connection& connection, const catalogue::DeadLetterPage& page) {
                              return write_files(connection, page, options.raw);
                          }),
            options.raw);
        return 0;
    }
    const auto lines_to = [&](std::ostream& out) {
        return for_each_page(context, options.filter,
                             [&](Connection& connection, const catalogue::DeadLetterPage& page) {
                                 return write_lines(connection, page, out);
                             });
    };
    if (options.output.empty()) {
        lines_to(context.out);
        return 0;
    }
    WholeFile file(options.output);
    const std::int64_t count = lines_to(file.out());
    file.finish();
    say(context, count, options.output);
    return 0;
}

void add_dlq_export(CLI::App& dlq, Context& context) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = dlq.add_subcommand(
        "export", "Export dead letters: one JSON document per line, or one file per payload");
    add_filter_options_and_ids(*command, options->filter);
    command
        ->add_option("--output", options->output,
                     "The file to write; it appears when it is complete [standard output]")
        ->type_name("FILE");
    command
        ->add_option("--raw", options->raw,
                     "Write each payload to a file of its own in this directory, byte for byte")
        ->type_name("DIR")
        ->excludes("--output");
    command->footer(
        "key and payload are text if they are UTF-8, and base64 otherwise; key_encoding and "
        "payload_encoding say which.\n"
        "See docs/how-to/dead-letters.md.\n\n"
        "Example:\n  tidewheel dlq export --reason wrong_type --output dead_letters.jsonl");
    command->callback([&context, options] {
        context.action = [&context, options] { return dlq_export(context, *options); };
    });
}

}  // namespace tidewheel::cli
