#include "quoted_text.hpp"

namespace tidewheel::codec {

void append_quoted(std::string_view text, std::string& json) {
    constexpr std::string_view digits = "0123456789abcdef";
    json += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (static_cast<unsigned char>(c) < ' ') {
            json += "\\u00";
            json += digits[static_cast<unsigned char>(c) >> 4];
            json += digits[c & 0xf];
        } else {
            json += c;
        }
    }
    json += '"';
}

}  // namespace tidewheel::codec
