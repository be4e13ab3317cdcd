// chaos: see `usage`.
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "chaos/mix.hpp"
#include "chaos/transactions.hpp"
#include "tidewheel/core/error.hpp"

using namespace tidewheel;
using namespace tidewheel::chaos;

namespace {

constexpr const char* usage =
    "usage: chaos [--minutes N] [--seed S] [--faults a,b] [--rate RECORDS] [--hold SECONDS]"
    " [--one-process] [--weaken guard,guard] [--json] [--list]\n";

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> items;
    std::istringstream stream(text);
    for (std::string item; std::getline(stream, item, ',');)
        items.push_back(item);
    return items;
}

void list_faults() {
    for (const Fault& each : all_faults())
        std::printf("%-26s %3s%s\n", each.name.c_str(), each.number.c_str(),
                    each.slow ? "  not in a short mix" : "");
}

struct Arguments {
    MixOptions mix;
    bool json = false, list = false;
};

// Throws std::invalid_argument for what it doesn't know.
Arguments parse(const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto value = [&]() -> const std::string& {
            if (i + 1 == words.size()) throw std::invalid_argument(words[i] + " needs a value");
            return words[++i];
        };
        const std::string& word = words[i];
        if (word == "--json") {
            arguments.json = true;
        } else if (word == "--list") {
            arguments.list = true;
        } else if (word == "--minutes") {
            arguments.mix.time = std::chrono::seconds(std::lround(60 * std::stod(value())));
        } else if (word == "--seed") {
            arguments.mix.seed = std::stoull(value());
        } else if (word == "--rate") {
            arguments.mix.rate = std::stoi(value());
        } else if (word == "--hold") {
            arguments.mix.hold = std::chrono::seconds(std::stoi(value()));
        } else if (word == "--one-process") {
            arguments.mix.programs = {"runner"};
        } else if (word == "--weaken") {
            arguments.mix.weaken = value();
        } else if (word == "--faults") {
            arguments.mix.names = split(value());
        } else {
            throw std::invalid_argument(word + " is unknown");
        }
    }
    if (!arguments.mix.weaken.empty() && arguments.mix.programs.size() == 1)
        throw std::invalid_argument("--weaken is for workers and aggregators, not --one-process");
    return arguments;
}

int run(const Arguments& arguments) {
    const Report report = Mix(arguments.mix).run();
    std::fputs(report.table().c_str(), arguments.json ? stderr : stdout);
    if (arguments.json) std::puts(report.json().c_str());
    std::fprintf(arguments.json ? stderr : stdout, "%s\n", report.closing_line().c_str());
    return report.violations.empty() ? 0 : 1;
}

// chaos transact BROKERS TOPIC SEED FIRST: the suite's own child.
int run_transactions(const std::vector<std::string>& words) {
    kafka::ClientSettings settings;
    settings.brokers = words.at(1);
    return transact(settings, words.at(2), std::stoull(words.at(3)), std::stoll(words.at(4)));
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const std::vector<std::string> words(argv + 1, argv + argc);
        if (!words.empty() && words.front() == "transact") return run_transactions(words);
        const Arguments arguments = parse(words);
        if (!arguments.list) return run(arguments);
        list_faults();
        return 0;
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "chaos: %s\n%s", error.what(), usage);
        return static_cast<int>(ExitCode::usage);
    } catch (const Error& error) {
        std::fprintf(stderr, "chaos: %s\n%s\n", error.what(), error.hint().c_str());
        return static_cast<int>(exit_code(error));
    }
}
