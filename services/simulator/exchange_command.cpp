#include "simulator/exchange_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/signals.hpp"

namespace tidewheel::simulator {

int run_exchange(ExchangeCommand& command) {
    ExchangeOptions& options = command.exchange;
    if (command.print_only) {
        const Trades trades(options.trades);
        for (std::uint64_t number = 0; number < options.count; ++number)
            std::cout << trades.message(number) << '\n';
        return std::cout.flush() ? 0 : 1;
    }
    options.silence = std::chrono::milliseconds(static_cast<std::int64_t>(command.silence * 1000));
    const StopOnSignal signal;
    const Exchange exchange(options);
    std::cerr << "listening url=http://" << exchange.address() << '\n';
    while (wait_for(signal.token(), std::chrono::hours(1))) {
    }
    return 0;
}

void add_exchange(CLI::App& app, ExchangeCommand& command) {
    ExchangeOptions& options = command.exchange;
    TradeOptions& trades = options.trades;
    CLI::App* exchange = app.add_subcommand(
        "exchange", "Says trades over a websocket (/trades), and lists assets (/v2/assets)");
    exchange->add_option("--listen", options.listen, "Where it listens")
        ->type_name("ADDRESS:PORT")
        ->envname("TIDEWHEEL_LISTEN")
        ->capture_default_str();
    exchange->add_option("--count", options.count, "Messages; 0: without end")
        ->capture_default_str();
    exchange->add_option("--rate", trades.rate, "Messages a second")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    exchange->add_option("--start", trades.start, "The first trade's time, milliseconds since 1970")
        ->capture_default_str();
    exchange->add_option("--bad", trades.bad, "Percent of them that are bad")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    exchange->add_option("--repeated", trades.repeated, "Percent that come again, byte for byte")
        ->check(CLI::Range(0, 100))
        ->capture_default_str();
    exchange
        ->add_option("--list-late", trades.list_late,
                     "Some assets are listed only after so many messages")
        ->capture_default_str();
    exchange->add_option("--silent-every", options.silent_every, "Messages until a silence")
        ->capture_default_str();
    exchange->add_option("--silence", command.silence, "Seconds of each silence")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    exchange
        ->add_option("--disconnect-every", options.disconnect_every,
                     "Messages until it ends the connection")
        ->capture_default_str();
    exchange->add_option("--seed", trades.seed, "The same seed is the same bytes")
        ->capture_default_str();
    exchange->add_flag("--print", command.print_only, "Print the messages, and listen nowhere");
    exchange->footer(
        "One client at a time hears it, and while there is none, it waits.\n"
        "GET /said tells how many messages it has said.\n\n"
        "Example:\n  tidewheel-simulator exchange --listen 127.0.0.1:8099 --rate 100 --bad 2");
}

}  // namespace tidewheel::simulator
