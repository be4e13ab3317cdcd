#include "cli/commands/schema.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/apply/json_schema.hpp"
#include "tidewheel/apply/pipeline_files.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::cli {

int schema(Context& context, const SchemaOptions& options) {
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
    CLI::App* command = program.add_subcommand(
        "schema", "Print the JSON Schema of a stream's records, derived from its DDL");
    command->add_option("stream", options->stream, "The stream's name")
        ->required()
        ->type_name("STREAM");
    command->add_option("--pipeline", options->pipelines, "Where the stream is declared")
        ->type_name("FILE|DIR")
        ->capture_default_str();
    command->footer("Example:\n  tidewheel schema store_events > store_event.schema.json");
    command->callback([&context, options] {
        context.action = [&context, options] { return schema(context, *options); };
    });
}

}  // namespace tidewheel::cli
