#include "simulator/subscriber_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/signals.hpp"

namespace tidewheel::simulator {

int run_subscriber(SubscriberCommand& command) {
    if (!command.secret_file.empty())
        command.subscriber.secret = read_secret(command.secret_file, "secret", "--secret-file");
    const StopOnSignal signal;
    Subscriber subscriber(command.subscriber);
    subscriber.start();
    std::cerr << "listening url=" << subscriber.url() << '\n';
    while (wait_for(signal.token(), std::chrono::hours(1))) {
    }
    return 0;
}

void add_subscriber(CLI::App& app, SubscriberCommand& command) {
    SubscriberOptions& options = command.subscriber;
    CLI::App* subscriber =
        app.add_subcommand("subscriber", "Takes the rows of a webhook, and counts them by id");
    subscriber->add_option("--listen", options.listen, "Where it listens")
        ->type_name("HOST:PORT")
        ->envname("TIDEWHEEL_LISTEN")
        ->capture_default_str();
    subscriber->add_option("--fail", options.fail, "Percent of requests that it refuses")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    subscriber->add_flag("--hang", options.hang, "It never answers");
    subscriber->add_option("--secret-file", command.secret_file,
                           "The file of the secret by which requests must be signed");
    subscriber->add_option("--seed", options.seed, "Of its refusals")->capture_default_str();
    subscriber->footer(
        "GET /received tells how many requests came, and how many rows, each id once.\n\n"
        "Example:\n  tidewheel-simulator subscriber --listen 127.0.0.1:8090 --fail 40");
}

}  // namespace tidewheel::simulator
