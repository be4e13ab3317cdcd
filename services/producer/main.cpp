#include <iostream>

#include "producer/service.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/telemetry/log.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    StopOnSignal signals;
    Settings settings;
    producer::ServiceOptions options;
    int status = 0;
    if (!producer::parse(argc, argv, settings, options, status)) return status;
    telemetry::open_log("producer", settings.log_level, settings.log_format);
    try {
        producer::Service(settings, options).run(signals.token());
        return 0;
    } catch (const Error& error) {
        std::cerr << "tidewheel-producer: " << error.what() << '\n';
        if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
        return static_cast<int>(exit_code(error));
    }
}
