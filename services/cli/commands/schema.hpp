#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidewheel::cli {

struct Context;

struct SchemaOptions {
    std::string stream;
    std::vector<std::string> pipelines;  // files or folders
    std::string from;     // a schema's file, or a registry's URL; empty: the pipeline
    std::string subject;  // in the registry; empty: STREAM-value
};

void add_schema(CLI::App& program, Context& context);
int schema(Context& context, const SchemaOptions& options);

}  // namespace tidewheel::cli
