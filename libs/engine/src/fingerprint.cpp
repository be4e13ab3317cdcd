#include "tidewheel/engine/fingerprint.hpp"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <ctime>

#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {
namespace {

// Fowler, Noll, Vo: FNV-1a with 64 bits (draft-eastlake-fnv).
class Checksum {
  public:
    void add(std::string_view bytes) {
        for (const char byte : bytes) {
            state_ ^= static_cast<unsigned char>(byte);
            state_ *= 0x100000001b3;
        }
    }
    // With its length, so that no byte can move from the key to the value.
    void add(const std::optional<std::string_view>& bytes) {
        const std::uint64_t size = bytes ? bytes->size() + 1 : 0;
        std::array<char, 8> length{};
        for (std::size_t i = 0; i < length.size(); ++i)
            length[i] = static_cast<char>(size >> (8 * i));
        add(std::string_view(length.data(), length.size()));
        if (bytes) add(*bytes);
    }
    std::int64_t value() const { return static_cast<std::int64_t>(state_); }

  private:
    std::uint64_t state_ = 0xcbf29ce484222325;
};

std::string time_text(std::int64_t milliseconds) {
    constexpr std::int64_t year_10000 = 253'402'300'800'000;
    if (milliseconds < 0 || milliseconds >= year_10000) return std::to_string(milliseconds);
    const std::time_t seconds = milliseconds / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    std::snprintf(text.data() + size, text.size() - size, ".%03d UTC",
                  static_cast<int>(milliseconds % 1000));
    return text.data();
}

}  // namespace

Fingerprint fingerprint_of(const Record& record) {
    Checksum checksum;
    checksum.add(record.key);
    checksum.add(record.value);
    return {record.offset, record.timestamp, checksum.value()};
}

std::string words(const Fingerprint& fingerprint) {
    std::array<char, 20> checksum{};
    std::snprintf(checksum.data(), checksum.size(), "%016" PRIx64,
                  static_cast<std::uint64_t>(fingerprint.checksum));
    return "time " + time_text(fingerprint.time) + ", checksum " + checksum.data();
}

}  // namespace tidewheel::engine
