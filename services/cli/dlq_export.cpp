#include "cli/dlq_export.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/progress_bar.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {
namespace {

namespace fs = std::filesystem;

// A file that is there whole or not at all: written beside its name, then renamed.
class WholeFile {
  public:
    explicit WholeFile(fs::path path)
        : path_(std::move(path)), beside_(path_.string() + ".part"), out_(beside_, mode) {
        if (!out_) fail("open");
    }
    ~WholeFile() {
        std::error_code ignored;
        if (!done_) fs::remove(beside_, ignored);
    }
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;

    std::ostream& out() { return out_; }
    void finish() {
        out_.close();
        if (!out_) fail("write");
        fs::rename(beside_, path_);
        done_ = true;
    }

  private:
    static constexpr auto mode = std::ios::binary | std::ios::trunc;
    [[noreturn]] void fail(const std::string& verb) const {
        throw Error(Error::Kind::setting,
                    "can't " + verb + " " + beside_.string() + ": " + std::strerror(errno));
    }

    fs::path path_, beside_;
    std::ofstream out_;
    bool done_ = false;
};

constexpr auto text_of =
    "CREATE FUNCTION pg_temp.tidewheel_is_text(bytes bytea) RETURNS boolean LANGUAGE plpgsql AS $$ "
    "BEGIN RETURN convert_from(bytes, 'UTF8') IS NOT NULL OR bytes IS NULL; EXCEPTION WHEN OTHERS "
    "THEN RETURN false; END $$";

// Bytes as a JSON string: text where they are UTF-8 without NUL; otherwise base64, and a member
// says so.
std::string member(const std::string& name) {
    const std::string bytes = "d." + name;
    return "CASE WHEN pg_temp.tidewheel_is_text(" + bytes + ") THEN convert_from(" + bytes +
           ", 'UTF8') ELSE translate(encode(" + bytes + ", 'base64'), E'\\n', '') END AS " + name +
           ", CASE WHEN pg_temp.tidewheel_is_text(" + bytes +
           ") THEN 'text' ELSE 'base64' END AS " + name + "_encoding";
}

std::string lines_query() {
    return "SELECT row_to_json(q)::text FROM (SELECT d.id, t.schema_name || '.' || t.name AS "
           "stream, s.name AS statement, d.topic, d.partition, d.\"offset\", d.record_time, "
           "d.parked_at, d.tried_at, d.discarded_at, d.reason, d.column_name AS column, d.detail, "
           "ARRAY(SELECT m.name FROM tidewheel.statements m WHERE m.id = ANY (d.missed_by) ORDER "
           "BY m.id) AS missed_by, " +
           member("key") + ", d.headers, " + member("payload") + from_dead_letters +
           "WHERE d.id = ANY ($1::bigint[]) ORDER BY d.\"offset\", d.id) q";
}

std::string unhex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

// One payload a file, byte for byte. A tombstone has none.
std::int64_t write_files(postgres::Connection& connection, const DeadLetterPage& page,
                         const fs::path& directory) {
    std::int64_t written = 0;
    for (const postgres::Row& row : connection.query(
             "SELECT format('%s-%s-%s.%s', topic, partition, \"offset\", id), encode(payload, "
             "'hex') FROM tidewheel.dead_letters WHERE id = ANY ($1::bigint[]) AND payload IS NOT "
             "NULL ORDER BY \"offset\", id",
             {page.id_array()})) {
        WholeFile file(directory / row.text(0));
        file.out() << unhex(row.text(1));
        file.finish();
        ++written;
    }
    return written;
}

std::int64_t write_lines(postgres::Connection& connection, const DeadLetterPage& page,
                         std::ostream& out) {
    std::int64_t written = 0;
    for (const postgres::Row& row : connection.query(lines_query(), {page.id_array()})) {
        out << row.text(0) << '\n';
        ++written;
    }
    return written;
}

std::int64_t for_each_page(
    Context& context, const DeadLetterFilter& filter,
    const std::function<std::int64_t(postgres::Connection&, const DeadLetterPage&)>& write) {
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    connection->query(text_of);
    const DeadLetterFilter now = as_of_now(*connection, filter);
    if (const auto missing = missing_ids(*connection, now)) context.err << *missing << '\n';
    DeadLetterPages pages(now);
    std::int64_t written = 0;
    while (const auto page = pages.next(*connection))
        written += write(*connection, *page);
    return written;
}

void say(Context& context, std::int64_t letters, const std::string& where) {
    if (context.json)
        print(context.out, codec::Json::object().set("exported", letters).set("output", where));
    else
        context.out << "exported: " << grouped(letters) << " to " << where << '\n';
}

}  // namespace

int dlq_export(Context& context, const ExportOptions& options) {
    using postgres::Connection;
    if (!options.raw.empty()) {
        std::error_code failed;
        fs::create_directories(options.raw, failed);
        if (failed)
            throw Error(Error::Kind::setting,
                        "can't make " + options.raw + ": " + failed.message());
        say(context,
            for_each_page(context, options.filter,
                          [&](Connection& connection, const DeadLetterPage& page) {
                              return write_files(connection, page, options.raw);
                          }),
            options.raw);
        return 0;
    }
    const auto lines_to = [&](std::ostream& out) {
        return for_each_page(context, options.filter,
                             [&](Connection& connection, const DeadLetterPage& page) {
                                 return write_lines(connection, page, out);
                             });
    };
    if (options.output.empty()) {
        lines_to(context.out);
        return 0;
    }
    WholeFile file(options.output);
    const std::int64_t letters = lines_to(file.out());
    file.finish();
    say(context, letters, options.output);
    return 0;
}

void add_dlq_export(CLI::App& dlq, Context& context) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command =
        dlq.add_subcommand("export", "Write dead letters out: a JSON document a line, or files");
    add_filter_options_and_ids(*command, options->filter);
    command
        ->add_option("--output", options->output,
                     "Into this file, which appears when it is whole [standard output]")
        ->type_name("FILE");
    command
        ->add_option("--raw", options->raw,
                     "The payloads alone, byte for byte, one a file in this directory")
        ->type_name("DIR")
        ->excludes("--output");
    command->footer(
        "key and payload are text where they are UTF-8, and base64 otherwise: key_encoding and "
        "payload_encoding say which.\n\n"
        "Example:\n  tidewheel dlq export --reason wrong_type --output letters.jsonl");
    command->callback([&context, options] {
        context.action = [&context, options] { return dlq_export(context, *options); };
    });
}

}  // namespace tidewheel::cli
