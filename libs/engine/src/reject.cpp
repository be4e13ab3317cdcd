#include "tidewheel/engine/reject.hpp"

#include <array>

namespace tidewheel::engine {

std::string_view name(Reason reason) {
    static constexpr std::array<std::string_view, reason_count> names = {
        "tombstone",       "empty",          "not_json",       "not_avro",
        "not_csv",         "unknown_schema", "not_an_object",  "too_deep",
        "duplicate_field", "missing_field",  "wrong_type",     "out_of_range",
        "check_violation", "misrouted",      "target_refused", "group_full",
    };
    return names[static_cast<std::size_t>(reason)];
}

}  // namespace tidewheel::engine
