#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::runtime {

// A service that runs continuous statements of one kind.
struct ServiceKind {
    const char* name;     // worker: the consumer group is GROUP.worker
    const char* purpose;  // for --help
    Audience audience;
    postgres::StatementKind statements;
};

// Reads the catalogue, joins the consumer group of its kind and runs a lane for every partition
// that it is given, until it is stopped. Waits for servers that are away; takes up a changed
// catalogue within about a second. Throws Error for what waiting can't mend (a wrong password, a
// wrong setting).
void run_service(const Settings& settings, const ServiceKind& kind, std::stop_token stop);

// The whole main() of such a service: settings, log, signals, run; its exit status.
int service_main(const ServiceKind& kind, int argc, char** argv);

}  // namespace tidewheel::runtime
