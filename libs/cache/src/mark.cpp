#include "mark.hpp"

#include <random>
#include <sstream>

#include "tidewheel/core/text.hpp"

namespace tidewheel::cache {

std::string text_of(const Mark& mark) {
    return mark.generation + " " + std::to_string(mark.seq) + " " + std::to_string(mark.stored_at);
}

std::optional<Mark> parse_mark(const std::string& text) {
    Mark mark;
    std::istringstream words(text);
    if (!(words >> mark.generation >> mark.seq >> mark.stored_at)) return std::nullopt;
    return mark;
}

std::string text_of(const Note& note) {
    return note.generation + " " + std::to_string(note.stored_at) + " " +
           std::to_string(note.until);
}

Note parse_note(const std::string& text) {
    Note note;
    std::istringstream(text) >> note.generation >> note.stored_at >> note.until;
    return note;
}

std::string new_generation(const std::string& form) {
    std::random_device random;
    std::string bytes;
    for (int i = 0; i < 2; ++i)
        for (unsigned word = random(), shift = 0; shift < 32; shift += 8)
            bytes += static_cast<char>(word >> shift);
    return to_hex(bytes) + "." + form;
}

std::string form_of(const std::string& generation) {
    return generation.substr(std::min(generation.find('.'), generation.size() - 1) + 1);
}

}  // namespace tidewheel::cache
