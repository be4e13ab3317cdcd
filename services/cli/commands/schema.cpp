#include "cli/commands/schema.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/apply/avro_ddl.hpp"
#include "tidewheel/apply/json_schema.hpp"
#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/url.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/registry/registries.hpp"

namespace tidewheel::cli {

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad())
        throw Error(Error::Kind::setting, "can't read the schema " + path,
                    "--from takes a file with a schema of Avro, or the URL of a schema registry.");
    return text;
}

registry::Texts newest_of(const Context& context, const SchemaOptions& options) {
    const std::string subject =
        options.subject.empty() ? options.stream + "-value" : options.subject;
    registry::Registries registries(context.settings);
    auto texts = registries.at(options.from).newest(subject);
    if (!texts)
        throw Error(Error::Kind::setting,
                    "the registry " + options.from + " has no subject " + subject,
                    "Name another one with --subject.");
    return *std::move(texts);
}

// The stream that a schema describes.
int print_ddl(Context& context, const SchemaOptions& options) {
    const bool is_registry = parse_url(options.from).has_value();
    const auto schemas = codec::AvroSchemas::parse(
        is_registry ? newest_of(context, options) : registry::Texts{read_file(options.from)});
    if (!schemas)
        throw Error(Error::Kind::setting, "the schema can't be read: " + schemas.failure());
    context.out << apply::avro_ddl(
        options.stream, schemas->root(),
        "topic " + postgres::quote_literal(options.stream) + ", format 'avro', " +
            (is_registry ? "registry " : "schema ") + postgres::quote_literal(options.from));
    return 0;
}

}  // namespace

int schema(Context& context, const SchemaOptions& options) {
    if (!options.from.empty()) return print_ddl(context, options);
    const apply::PipelineFiles files = apply::read_pipeline_files(options.pipelines);
    const sql::Pipeline pipeline = apply::parse_files(files, {});
    std::string known;
    for (const sql::Statement& statement : pipeline.statements) {
        const auto* stream = std::get_if<sql::Stream>(&statement.body);
        if (!stream) continue;
        if (stream->name.name == options.stream || stream->name.text() == options.stream) {
            const std::string document = apply::json_schema(*stream);
            context.out << document << (document.ends_with('\n') ? "" : "\n");
            return 0;
        }
        known += (known.empty() ? "" : ", ") + stream->name.text();
    }
    throw Error(Error::Kind::setting, "no stream " + options.stream + " in " + files.described(),
                known.empty() ? "No stream is declared in it." : "The streams are " + known + ".");
}

void add_schema(CLI::App& program, Context& context) {
    auto options = std::make_shared<SchemaOptions>();
    options->pipelines = {"pipelines"};
    CLI::App* command = program.add_subcommand("schema",
                                               "Print the JSON Schema of a stream's records, "
                                               "derived from its DDL; or, from a schema of Avro, "
                                               "the DDL of a stream to start with");
    command->add_option("stream", options->stream, "The stream's name")
        ->required()
        ->type_name("STREAM");
    command->add_option("--pipeline", options->pipelines, "Where the stream is declared")
        ->type_name("FILE|DIR")
        ->capture_default_str();
    CLI::Option* from =
        command
            ->add_option("--from", options->from,
                         "Print the DDL for this schema: a file, or a registry with the subject")
            ->type_name("FILE|URL");
    command->add_option("--subject", options->subject, "In the registry; default: STREAM-value")
        ->type_name("NAME")
        ->needs(from);
    command->footer(
        "Examples:\n  tidewheel schema store_events > store_event.schema.json\n"
        "  tidewheel schema orders --from https://registry.example.com > pipelines/orders.sql");
    command->callback([&context, options] {
        context.action = [&context, options] { return schema(context, *options); };
    });
}

}  // namespace tidewheel::cli
