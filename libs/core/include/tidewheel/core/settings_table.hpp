#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidewheel/core/settings.hpp"

namespace tidewheel {

// Where a setting is kept; how it is written follows from the type and the unit.
using Field = std::variant<std::string Settings::*, std::vector<std::string> Settings::*,
                           std::size_t Settings::*, std::chrono::milliseconds Settings::*>;

struct Setting {
    std::string_view key;
    Field field;
    std::string_view unit;
    Programs programs;
    std::string_view help;
    // Of a number, in its base unit (0, 0: any); `least` 1 of a text: it must not be empty.
    std::uint64_t least = 0, most = 0;
    std::vector<std::string_view> choices{};  // of a text; empty: any

    std::string flag() const;         // --batch-rows
    std::string environment() const;  // TIDEWHEEL_BATCH_ROWS
    bool is_list() const;
    // What the environment sets it to: a list is separated by semicolons. Empty: nothing.
    std::vector<std::string> values_in_environment() const;
    // Stores the value; what is wrong with it otherwise: "'lots' is not a number".
    std::optional<std::string> read(const std::vector<std::string>& values, Settings& to) const;
    std::string print(const Settings& from) const;
    // What is wrong with the value that is stored: "must be from 1 to 1000000".
    std::optional<std::string> check(const Settings& settings) const;
};

std::span<const Setting> settings_table();
inline bool is_for(Programs setting, Programs program) {
    return (static_cast<unsigned>(setting) & static_cast<unsigned>(program)) != 0;
}

}  // namespace tidewheel
