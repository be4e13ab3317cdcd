#include "tidewheel/core/stray_variables.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "tidewheel/core/settings_table.hpp"
#include "tidewheel/core/suggestion.hpp"

namespace tidewheel {
namespace {

// What other parts of the project read.
constexpr std::array<std::string_view, 16> read_elsewhere{
    "TIDEWHEEL_CONFIG",          "TIDEWHEEL_FAILPOINTS",   "TIDEWHEEL_WEAKEN",
    "TIDEWHEEL_STATE",           "TIDEWHEEL_CACHE",        "TIDEWHEEL_BIN",
    "TIDEWHEEL_TARGET",          "TIDEWHEEL_IMAGE",        "TIDEWHEEL_PASSWORD_FILE",
    "TIDEWHEEL_MODEL_SEED",      "TIDEWHEEL_CHAOS_DIR",    "TIDEWHEEL_KAFKA_DATA",
    "TIDEWHEEL_KAFKA_HEAP",      "TIDEWHEEL_KAFKA_VOTERS", "TIDEWHEEL_KAFKA_NODE",
    "TIDEWHEEL_KAFKA_ADVERTISED"};
constexpr std::array<std::string_view, 3> prefixes_elsewhere{"TIDEWHEEL_TEST_", "TIDEWHEEL_STACK_",
                                                             "TIDEWHEEL_POSTGRES_"};

// Kubernetes sets these for a Service that is called tidewheel-….
bool is_of_kubernetes(std::string_view name) {
    return name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string::npos ||
           name.ends_with("_PORT") || name.find("_PORT_") != std::string_view::npos;
}

bool is_read_elsewhere(std::string_view name) {
    return std::ranges::find(read_elsewhere, name) != read_elsewhere.end() ||
           std::ranges::any_of(prefixes_elsewhere,
                               [&](std::string_view prefix) { return name.starts_with(prefix); }) ||
           is_of_kubernetes(name);
}

}  // namespace

std::vector<std::string> stray_variables() {
    std::vector<std::string> known, sentences;
    for (const Setting& setting : settings_table())
        known.push_back(setting.environment());
    for (char** variable = environ; *variable; ++variable) {
        const std::string_view text = *variable;
        const std::string name(text.substr(0, text.find('=')));
        if (!name.starts_with("TIDEWHEEL_") || is_read_elsewhere(name)) continue;
        if (std::ranges::find(known, name) != known.end()) continue;
        const std::string meant = did_you_mean(name, known);
        sentences.push_back("the environment variable " + name +
                            " is not a setting and has no effect" +
                            (meant.empty() ? "" : ". " + meant));
    }
    return sentences;
}

}  // namespace tidewheel
