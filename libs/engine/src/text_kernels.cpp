#include <algorithm>

#include "kernel_tables.hpp"
#include "like.hpp"
#include "strict.hpp"
#include "tidewheel/engine/arena.hpp"

namespace tidewheel::engine {
namespace {

template <bool negated>
bool like(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* text = arguments[0].as<std::string_view>();
    auto* to = result.as<std::uint8_t>();
    return over_rows(arguments, rows, result, [&, text, to](std::size_t row) {
        to[row] = is_like(text[row], call.pattern) != negated;
        return true;
    });
}

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

// Every collation that is taken here maps ASCII letters alike; C leaves all other characters.
template <char first, char last>
bool map_letters(const Call& call, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* text = arguments[0].as<std::string_view>();
    auto* to = result.as<std::string_view>();
    return over_rows(arguments, rows, result, [&, text, to](std::size_t row) {
        const auto is_mapped = [](char c) { return c >= first && c <= last; };
        to[row] = text[row];
        if (!call.ascii_letters_alone && !std::ranges::all_of(text[row], is_ascii)) return false;
        if (std::ranges::none_of(text[row], is_mapped)) return true;
        char* const made = result.texts->allocate(text[row].size());
        std::ranges::transform(text[row], made, [&](char c) {
            return is_mapped(c) ? static_cast<char>(c ^ ('a' ^ 'A')) : c;
        });
        to[row] = {made, text[row].size()};
        return true;
    });
}

}  // namespace

void add_text_functions(std::vector<KernelEntry>& table) {
    using enum Kind;
    table.push_back({"~~", {text, text}, boolean, like<false>});
    table.push_back({"!~~", {text, text}, boolean, like<true>});
    table.push_back({"lower", {text}, text, map_letters<'A', 'Z'>});
    table.push_back({"upper", {text}, text, map_letters<'a', 'z'>});
}

}  // namespace tidewheel::engine
