#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "simulator/load.hpp"
#include "simulator/subscriber.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/flags/command_line.hpp"

namespace {

using namespace tidewheel;
using codec::Json;
using simulator::LoadOptions;
using simulator::LoadReport;
using simulator::SubscriberOptions;

constexpr auto name = "tidewheel-simulator";

Json as_json(const LoadReport& report) {
    Json statuses = Json::object();
    for (const auto& [status, count] : report.by_status)
        statuses.set(status == 0 ? "none" : std::to_string(status), count);
    return Json::object()
        .set("accepted", report.accepted)
        .set("refused", report.refused)
        .set("failed", report.failed)
        .set("retries", report.retries)
        .set("statuses", std::move(statuses))
        .set("seconds", report.seconds)
        .set("p50_ms", report.quantile(0.5))
        .set("p99_ms", report.quantile(0.99))
        .set("p999_ms", report.quantile(0.999))
        .set("max_ms", report.quantile(1));
}

void print(const LoadReport& report) {
    const double rate =
        static_cast<double>(report.latencies.size()) / std::max(report.seconds, 1e-9);
    std::printf(
        "%llu accepted, %llu refused, %llu failed, %llu sent again; %.0f requests/s\n"
        "until the answer: p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, longest %.1f ms\n",
        static_cast<unsigned long long>(report.accepted),
        static_cast<unsigned long long>(report.refused),
        static_cast<unsigned long long>(report.failed),
        static_cast<unsigned long long>(report.retries), rate, report.quantile(0.5),
        report.quantile(0.99), report.quantile(0.999), report.quantile(1));
    if (report.failed > 0)
        std::fprintf(stderr, "%s: the first failure: %s\n", name, report.first_failure.c_str());
}

struct ProductCommand {
    LoadOptions load;
    std::string token_file;
    bool print_only = false, json = false;
};

int run_products(ProductCommand& command) {
    if (command.print_only) {
        const simulator::Products products(command.load.products);
        for (std::uint64_t number = 0; number < command.load.count; ++number)
            std::cout << products.update(number) << '\n';
        return std::cout.flush() ? 0 : 1;
    }
    if (!command.token_file.empty())
        command.load.token = read_secret(command.token_file, "token", "--token-file");
    const StopOnSignal signal;
    const LoadReport report = simulator::send_products(command.load, signal.token());
    if (command.json)
        std::cout << as_json(report).dump() << '\n';
    else
        print(report);
    return report.failed > 0 ? 1 : 0;
}

struct SubscriberCommand {
    SubscriberOptions subscriber;
    std::string secret_file;
};

int run_subscriber(SubscriberCommand& command) {
    if (!command.secret_file.empty())
        command.subscriber.secret = read_secret(command.secret_file, "secret", "--secret-file");
    const StopOnSignal signal;
    simulator::Subscriber subscriber(command.subscriber);
    subscriber.start();
    std::cerr << "listening url=" << subscriber.url() << '\n';
    while (wait_for(signal.token(), std::chrono::hours(1))) {
    }
    return 0;
}

void add_products(CLI::App& app, ProductCommand& command) {
    LoadOptions& load = command.load;
    CLI::App* products = app.add_subcommand(
        "products", "Sends updates of products by HTTP, at a rate that doesn't wait for answers");
    products->add_option("--to", load.to, "The server")->type_name("URL")->capture_default_str();
    products->add_option("--path", load.path, "Where it takes them")->capture_default_str();
    products->add_option("--count", load.count, "How many")->capture_default_str();
    products->add_option("--rate", load.rate, "Requests a second; 0: as fast as they are answered")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    products->add_option("--connections", load.connections, "Connections")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    products->add_option("--ids", load.products.ids, "Different products")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    products->add_option("--bad", load.products.bad, "Percent of them that are bad")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    products->add_option("--seed", load.products.seed, "The same seed is the same bytes")
        ->capture_default_str();
    products->add_option("--token-file", command.token_file, "The file of a bearer token");
    products->add_flag("--print", command.print_only, "Print them, and send nothing");
    products->add_flag("--json", command.json, "Print the result as JSON");
    products->footer(
        "What is answered with 429 or 5xx, or not at all, is sent again for a minute.\n"
        "Exit status 1: something was not accepted even so.\n\n"
        "Example:\n  tidewheel-simulator products --to http://127.0.0.1:8080 --rate 1500");
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

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("The other side of a pipeline, for trials: senders and subscribers.", name);
    app.set_version_flag("--version", std::string(name) + " " + std::string(version()));
    app.require_subcommand(1);
    ProductCommand products;
    SubscriberCommand subscriber;
    add_products(app, products);
    add_subscriber(app, subscriber);
    try {
        app.parse(argc, argv);
        return app.got_subcommand("products") ? run_products(products) : run_subscriber(subscriber);
    } catch (const CLI::ParseError& end) {
        return flags::end_of_parsing(app, end);
    } catch (const Error& error) {
        return flags::report(name, error);
    }
}
