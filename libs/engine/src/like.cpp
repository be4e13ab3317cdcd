#include "like.hpp"

#include <cstddef>

namespace tidewheel::engine {
namespace {

// Of the UTF-8 character that begins the text.
std::size_t character_size(std::string_view text) {
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
        ++size;
    return size;
}

}  // namespace

bool is_like_pattern(std::string_view pattern) {
    for (std::size_t at = 0; at < pattern.size(); ++at)
        if (pattern[at] == '\\' && ++at == pattern.size()) return false;
    return true;
}

// A later % makes an earlier one's other lengths needless, so one place to go back to is enough.
bool is_like(std::string_view text, std::string_view pattern) {
    std::string_view retry_text, retry_pattern;
    bool can_retry = false;
    for (;;) {
        if (!pattern.empty() && pattern.front() == '%') {
            pattern.remove_prefix(1);
            retry_text = text;
            retry_pattern = pattern;
            can_retry = true;
            continue;
        }
        if (pattern.empty() && text.empty()) return true;
        if (!pattern.empty() && !text.empty()) {
            const bool is_escape = pattern.front() == '\\';
            const char wanted = pattern[is_escape ? 1 : 0];
            if (!is_escape && wanted == '_') {
                text.remove_prefix(character_size(text));
                pattern.remove_prefix(1);
                continue;
            }
            if (text.front() == wanted) {
                text.remove_prefix(1);
                pattern.remove_prefix(is_escape ? 2 : 1);
                continue;
            }
        }
        if (!can_retry || retry_text.empty()) return false;
        retry_text.remove_prefix(character_size(retry_text));
        text = retry_text;
        pattern = retry_pattern;
    }
}

}  // namespace tidewheel::engine
