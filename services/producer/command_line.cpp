#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "producer/service.hpp"
#include "producer/time_text.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"

namespace tidewheel::producer {
namespace {

constexpr auto program = "tidewheel-producer";
constexpr auto purpose =
    "Synthetic events into Kafka: on request, by HTTP (/store-events-producer-fn?count=10), and "
    "steadily with --rate.";

void bind_service(CLI::App& app, ServiceOptions& options) {
    options.produce.count = 10;
    options.produce.store_fqdn.clear();  // this machine's
    options.produce.store_ip.clear();
    bind(app, options.produce);
    for (const char* flag : {"--json", "--quiet"})
        app.remove_option(app.get_option(flag));
    app.get_option("--count")->description("events for a request that names no count");
    app.get_option("--rate")->description("events a second, steadily; 0: only on request");
    app.add_option_function<std::string>(
           "--wait-between",
           [&options](const std::string& text) {
               const auto wait = parse_duration(text);
               if (!wait)
                   throw CLI::ValidationError("\"" + text + "\" is not a duration: 500ms, 2s");
               options.wait_between = *wait;
           },
           "between two events of a request [0s]")
        ->type_name("DURATION");
}

}  // namespace

bool parse(int argc, char** argv, Settings& settings, ServiceOptions& options, int& status) {
    CLI::App app(purpose, program);
    app.set_version_flag("--version", std::string(program) + " " + std::string(version()));
    bind(app, settings, Audience::producer);
    bind_service(app, options);
    try {
        app.parse(argc, argv);
        complete(settings);
        return true;
    } catch (const CLI::ParseError& end) {  // --help and --version end here, too
        status = static_cast<int>(app.exit(end) == 0 ? ExitCode::ok : ExitCode::usage);
    } catch (const Error& error) {
        std::cerr << program << ": " << error.what() << '\n';
        if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
        status = static_cast<int>(exit_code(error));
    }
    return false;
}

}  // namespace tidewheel::producer
