#include "producer/produce.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "producer/kafka_run.hpp"
#include "producer/plan.hpp"
#include "producer/progress.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::producer {
namespace {

using namespace std::chrono_literals;

int produce_store_events(const Settings& settings, ProduceOptions options, std::ostream& out,
                         std::stop_token stop) {
    if (!options.span && options.rate == 0 && options.count > 0) options.span = 24h;
    const Plan plan = plan_of(options, now_in_micros(), random_seed());

    std::optional<Progress> progress;
    Observer observe;
    if (!options.json && !options.quiet) {
        progress.emplace(std::cerr, isatty(STDERR_FILENO) == 1, options.count);
        observe = [&progress](const Counts& counts, const kafka::Deliveries& deliveries) {
            progress->show(counts.sent, deliveries.delivered);
        };
    }
    const Report report =
        produce_to_kafka(kafka_client(settings), options.topic, plan, std::move(stop), observe);
    progress.reset();

    if (options.json)
        out << report_as_json(report).dump(2) << std::endl;
    else
        out << report_as_text(report) << std::flush;
    if (report.failure) throw Error(*report.failure);
    return static_cast<int>(report.deliveries.failed > 0 ? ExitCode::unavailable : ExitCode::ok);
}

struct Generator {
    std::string_view stream;
    int (*produce)(const Settings&, ProduceOptions, std::ostream&, std::stop_token);
};
constexpr std::array generators{Generator{"store_events", produce_store_events}};

}  // namespace

std::vector<std::string> known_streams() {
    std::vector<std::string> names;
    for (const Generator& generator : generators)
        names.emplace_back(generator.stream);
    return names;
}

int run_produce(const Settings& settings, const ProduceOptions& options, std::ostream& out,
                std::stop_token stop) {
    const auto found = std::ranges::find(generators, options.stream, &Generator::stream);
    if (found != generators.end()) return found->produce(settings, options, out, std::move(stop));
    std::string known;
    for (const std::string& name : known_streams())
        known += (known.empty() ? "" : ", ") + name;
    throw Error(Error::Kind::setting,
                "no events can be made for the stream \"" + options.stream + "\"",
                "The streams are " + known + ".");
}

}  // namespace tidewheel::producer
