// fuzz_sql: see `usage`.
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>

#include "differential/differential.hpp"
#include "differential/races.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* usage =
    "usage: fuzz_sql [--races] [--seed S] [--minutes N | --count N] [--json]\n";

struct Arguments {
    unsigned seed = std::random_device{}() % 1'000'000'000;
    std::optional<unsigned> count;
    std::chrono::seconds time = std::chrono::minutes(1);
    bool races = false, json = false;
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
        if (word == "--races")
            arguments.races = true;
        else if (word == "--json")
            arguments.json = true;
        else if (word == "--seed")
            arguments.seed = static_cast<unsigned>(std::stoul(value()));
        else if (word == "--count")
            arguments.count = static_cast<unsigned>(std::stoul(value()));
        else if (word == "--minutes")
            arguments.time = std::chrono::seconds(std::lround(60 * std::stod(value())));
        else
            throw std::invalid_argument(word + " is unknown");
    }
    return arguments;
}

// A line on a terminal, and the differences above it.
class Screen {
  public:
    explicit Screen(bool json) : json_(json) {}
    void difference(const std::string& line) {
        clear();
        std::fprintf(json_ ? stderr : stdout, "%s\n", line.c_str());
    }
    void progress(unsigned cases, std::size_t differences) {
        if (terminal_) std::fprintf(stderr, "\r%u cases, %zu differences", cases, differences);
    }
    void clear() {
        if (terminal_) std::fprintf(stderr, "\r\033[K");
    }

  private:
    bool json_, terminal_ = isatty(STDERR_FILENO) == 1;
};

// What is wrong in the case with this seed, a line each.
using Case = std::function<std::vector<std::string>(unsigned seed)>;

Case make_case(const Arguments& arguments, Differential& differential) {
    if (arguments.races) return race;
    return [&differential](unsigned seed) {
        std::vector<std::string> lines;
        for (const Difference& each : differential.run(seed))
            lines.push_back(each.says + ": " + each.sql);
        return lines;
    };
}

void report(const Arguments& arguments, unsigned cases, const Comparison::Counts& counts,
            const std::vector<std::string>& differences) {
    codec::Json lines = codec::Json::array();
    for (const std::string& each : differences)
        lines.push(each);
    codec::Json document = codec::Json::object();
    document.set("seed", static_cast<std::int64_t>(arguments.seed))
        .set("cases", static_cast<std::int64_t>(cases));
    if (!arguments.races)
        document.set("compared", counts.compared)
            .set("declined", counts.declined)
            .set("refused", counts.refused)
            .set("left_to_postgresql", counts.left);
    std::puts(document.set("differences", lines).dump(2).c_str());
}

int run(const Arguments& arguments) {
    Differential differential;
    const Case run_case = make_case(arguments, differential);
    const auto end = std::chrono::steady_clock::now() + arguments.time;
    std::vector<std::string> differences;
    Screen screen(arguments.json);
    unsigned cases = 0;
    for (; arguments.count ? cases < *arguments.count : std::chrono::steady_clock::now() < end;
         ++cases) {
        const unsigned seed = arguments.seed + cases;
        for (const std::string& wrong : run_case(seed)) {
            differences.push_back("--seed " + std::to_string(seed) + ": " + wrong);
            screen.difference(differences.back());
        }
        screen.progress(cases + 1, differences.size());
    }
    screen.clear();
    if (arguments.json)
        report(arguments, cases, differential.counts(), differences);
    else
        std::printf("%u cases from --seed %u, %zu differences\n", cases, arguments.seed,
                    differences.size());
    return differences.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(parse({argv + 1, argv + argc}));
    } catch (const std::logic_error& error) {
        std::fprintf(stderr, "fuzz_sql: %s\n%s", error.what(), usage);
        return static_cast<int>(ExitCode::usage);
    } catch (const Error& error) {
        std::fprintf(stderr, "fuzz_sql: %s\n%s\n", error.what(), error.hint().c_str());
        return static_cast<int>(exit_code(error));
    }
}
