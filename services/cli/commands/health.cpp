#include "cli/commands/health.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/client.hpp"

namespace tidewheel::cli {
namespace {

constexpr std::chrono::seconds timeout{3};
constexpr int well = 200, lacking = 503;

std::string trimmed(std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

}  // namespace

int health(Context& context, const HealthOptions& options) {
    const std::string url = "http://" + options.address + (options.alive ? "/healthz" : "/readyz");
    const http::Response answer = http::fetch("GET", url, {}, {}, timeout);
    const std::string words = trimmed(answer.body);
    if (answer.status == lacking)
        throw Error(Error::Kind::unavailable, options.address + " is not ready: " + words);
    if (answer.status != well)
        throw Error(Error::Kind::setting,
                    url + " answers with status " + std::to_string(answer.status),
                    "Check that a Tidewheel service listens at this address.");
    if (context.json)
        print(context.out,
              codec::Json::object().set("address", options.address).set("state", words));
    else
        context.out << words << '\n';
    return 0;
}

void add_health(CLI::App& program, Context& context) {
    auto options = std::make_shared<HealthOptions>();
    CLI::App* command = program.add_subcommand(
        "health", "Ask a service whether it is ready, as a container's health check does");
    command->add_option("address", options->address, "Where it listens")
        ->type_name("host:port")
        ->envname("TIDEWHEEL_LISTEN")
        ->required();
    command->add_flag("--alive", options->alive,
                      "Ask only whether the process answers, even if it is not ready");
    command->footer(
        "Exit status: 5 if the service is not ready or does not answer.\n"
        "See docs/how-to/alerts.md.\n\n"
        "Example:\n  tidewheel health localhost:9464");
    command->callback([&context, options] {
        context.action = [&context, options] { return health(context, *options); };
    });
}

}  // namespace tidewheel::cli
