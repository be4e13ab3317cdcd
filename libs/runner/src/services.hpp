#pragma once
#include <functional>
#include <span>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/service/run_main.hpp"

namespace tidewheel::runner {

// What is declared.
struct Declared {
    catalogue::Catalogue catalogue;
    std::vector<catalogue::StoredSink> sinks;
};

// A service that runs while something is declared for it.
struct OptionalService {
    const char* name;  // as its program: notifier, of tidewheel-notifier
    std::function<bool(const Declared&)> is_needed;
    service::Run run;
};
std::span<const OptionalService> optional_services();

}  // namespace tidewheel::runner
