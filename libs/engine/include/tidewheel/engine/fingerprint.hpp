#pragma once
#include <cstdint>
#include <string>

namespace tidewheel::engine {

struct Record;

// Tells the record at an offset from any other that may be at that offset later: in a topic that
// was deleted and created again, or in a log that lost its end and was filled up again.
struct Fingerprint {
    std::int64_t offset = 0;
    std::int64_t time = 0;      // milliseconds since 1970, as Kafka has it
    std::int64_t checksum = 0;  // FNV-1a over key and value: 64 bits, whatever the sign
    bool operator==(const Fingerprint&) const = default;
};

// Reads the whole record.
Fingerprint fingerprint_of(const Record& record);

// "time 2026-01-01 00:00:00.000 UTC, checksum 00af…"
std::string words(const Fingerprint& fingerprint);

}  // namespace tidewheel::engine
