#include "cli/commands/version.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::cli {

std::string version_line() {
    return "tidewheel " + std::string(tidewheel::version()) + " (catalogue version " +
           std::to_string(catalogue::migration_version()) + ", librdkafka " +
           kafka::librdkafka_version() + ")";
}

int version(Context& context) {
    if (context.json)
        print(context.out, codec::Json::object()
                               .set("tidewheel", std::string(tidewheel::version()))
                               .set("catalogue", catalogue::migration_version())
                               .set("librdkafka", kafka::librdkafka_version()));
    else
        context.out << version_line() << '\n';
    return 0;
}

void add_version(CLI::App& program, Context& context) {
    CLI::App* command = program.add_subcommand(
        "version", "Print the versions of the program, its catalogue and its Kafka client");
    command->footer("Example:\n  tidewheel version --json");
    command->callback([&context] { context.action = [&context] { return version(context); }; });
}

}  // namespace tidewheel::cli
