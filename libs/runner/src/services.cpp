#include "services.hpp"

#include <algorithm>

#include "tidewheel/cache/service.hpp"
#include "tidewheel/capture/service.hpp"
#include "tidewheel/changefeed/service.hpp"
#include "tidewheel/ingress/service.hpp"
#include "tidewheel/notifier/service.hpp"
#include "tidewheel/publisher/service.hpp"
#include "tidewheel/source/service.hpp"

namespace tidewheel::runner {
namespace {

auto where_a_stream(bool (*has)(const sql::Stream&)) {
    return [has](const Declared& declared) {
        return std::ranges::any_of(declared.catalogue.streams,
                                   [&](const auto& stored) { return has(stored.stream); });
    };
}

auto where_a_sink_of(const char* server) {
    return [server](const Declared& declared) {
        return std::ranges::any_of(
            declared.sinks, [&](const auto& stored) { return stored.sink.server == server; });
    };
}

const std::vector<OptionalService> table = {
    {"ingress", where_a_stream([](const auto& stream) { return !stream.ingress.empty(); }),
     ingress::run_service},
    {"source", where_a_stream([](const auto& stream) { return !stream.source.url.empty(); }),
     source::run_service},
    {"changefeed", where_a_stream([](const auto& stream) { return stream.changes_of.has_value(); }),
     changefeed::run_service},
    {"notifier", where_a_sink_of("webhook"), notifier::run_service},
    {"capture", where_a_sink_of("files"), capture::run_service},
    {"cache", where_a_sink_of("redis"), cache::run_service},
    {"publisher", where_a_sink_of("kafka"), publisher::run_service},
};

}  // namespace

std::span<const OptionalService> optional_services() {
    return table;
}

}  // namespace tidewheel::runner
