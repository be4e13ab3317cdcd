#include "cli/version.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/migrations.hpp"

namespace tidewheel::cli {

int version(Context& context) {
    const std::string ours(tidewheel::version()), kafka = kafka::librdkafka_version();
    const int catalogue = postgres::migration_version();
    if (context.json)
        print(context.out, codec::Json::object()
                               .set("tidewheel", ours)
                               .set("catalogue", catalogue)
                               .set("librdkafka", kafka));
    else
        context.out << "tidewheel " << ours << " (catalogue version " << catalogue
                    << ", librdkafka " << kafka << ")\n";
    return 0;
}

void add_version(CLI::App& program, Context& context) {
    CLI::App* command = program.add_subcommand(
        "version", "Print the versions of the program, its catalogue and its Kafka client");
    command->footer("Example:\n  tidewheel version --json");
    command->callback([&context] { context.action = [&context] { return version(context); }; });
}

}  // namespace tidewheel::cli
