#include "simulator/products_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/secret.hpp"
#include "tidewheel/core/signals.hpp"

namespace tidewheel::simulator {
namespace {

using codec::Json;

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
        std::fprintf(stderr, "tidewheel-simulator: the first failure: %s\n",
                     report.first_failure.c_str());
}

}  // namespace

int run_products(ProductCommand& command) {
    if (command.print_only) {
        const Products products(command.load.products);
        for (std::uint64_t number = 0; number < command.load.count; ++number)
            std::cout << products.update(number) << '\n';
        return std::cout.flush() ? 0 : 1;
    }
    if (!command.token_file.empty())
        command.load.token = read_secret(command.token_file, "token", "--token-file");
    const StopOnSignal signal;
    const LoadReport report = send_products(command.load, signal.token());
    if (command.json)
        std::cout << as_json(report).dump() << '\n';
    else
        print(report);
    return report.failed > 0 ? 1 : 0;
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

}  // namespace tidewheel::simulator
