#include <CLI/CLI.hpp>

#include "simulator/exchange_command.hpp"
#include "simulator/products_command.hpp"
#include "simulator/subscriber_command.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/flags/command_line.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    constexpr auto name = "tidewheel-simulator";
    CLI::App app("The other side of a pipeline, for trials: senders, subscribers, an exchange.",
                 name);
    app.set_version_flag("--version", std::string(name) + " " + std::string(version()));
    app.require_subcommand(1);
    simulator::ProductCommand products;
    simulator::SubscriberCommand subscriber;
    simulator::ExchangeCommand exchange;
    simulator::add_products(app, products);
    simulator::add_subscriber(app, subscriber);
    simulator::add_exchange(app, exchange);
    try {
        app.parse(argc, argv);
        if (app.got_subcommand("products")) return simulator::run_products(products);
        if (app.got_subcommand("exchange")) return simulator::run_exchange(exchange);
        return simulator::run_subscriber(subscriber);
    } catch (const CLI::ParseError& end) {
        return flags::end_of_parsing(app, end);
    } catch (const Error& error) {
        return flags::report(name, error);
    }
}
