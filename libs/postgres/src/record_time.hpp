#pragma once
#include <cstdint>

namespace tidewheel::postgres {

// Kafka's milliseconds since 1970 as PostgreSQL's microseconds since 2000.
constexpr std::int64_t postgres_time(std::int64_t milliseconds) {
    return (milliseconds - 946'684'800'000) * 1000;
}

}  // namespace tidewheel::postgres
