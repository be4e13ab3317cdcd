#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Messages of pgoutput, as bytes.
namespace tidewheel::changefeed::wire {

template <class Integer>
std::string integer(Integer value) {
    std::string bytes;
    for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
        bytes +=
            static_cast<char>(static_cast<std::uint64_t>(value) >> static_cast<unsigned>(shift));
    return bytes;
}

inline std::string text(const std::string& value) {
    return value + '\0';
}

// nullopt: null. "unchanged": TOASTed.
inline std::string tuple(const std::vector<std::optional<std::string>>& cells) {
    std::string bytes = integer(static_cast<std::uint16_t>(cells.size()));
    for (const auto& cell : cells)
        bytes += !cell ? "n"
                 : *cell == "unchanged"
                     ? "u"
                     : "t" + integer(static_cast<std::uint32_t>(cell->size())) + *cell;
    return bytes;
}

}  // namespace tidewheel::changefeed::wire
