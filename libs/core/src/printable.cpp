#include "tidewheel/core/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tidewheel {
namespace {

struct Range {
    char32_t least, most;
};

constexpr std::array<Range, 8> controls{{
    {0x00, 0x1F},      // C0
    {0x7F, 0x9F},      // DEL and C1
    {0x061C, 0x061C},  // Arabic letter mark
    {0x200E, 0x200F},  // marks of direction
    {0x2028, 0x2029},  // separators of lines and paragraphs
    {0x202A, 0x202E},  // embeddings and overrides of direction
    {0x2066, 0x2069},  // isolates
    {0xFFF9, 0xFFFB},  // interlinear annotation
}};

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

// How many bytes the lead byte announces; 0: it is none.
std::size_t announced(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

bool is_second(unsigned char lead, unsigned char byte) {
    unsigned least = 0x80, most = 0xBF;
    if (lead == 0xE0) least = 0xA0;  // overlong
    if (lead == 0xED) most = 0x9F;   // surrogates
    if (lead == 0xF0) least = 0x90;  // overlong
    if (lead == 0xF4) most = 0x8F;   // beyond U+10FFFF
    return byte >= least && byte <= most;
}

bool is_tail(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

// Whether the text, or what there is of it, is the beginning of one character.
bool begins_character(std::string_view text) {
    const unsigned char lead = byte_at(text, 0);
    if (text.size() > 1 && !is_second(lead, byte_at(text, 1))) return false;
    return std::all_of(text.begin() + std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(),
                       [](char byte) { return is_tail(static_cast<unsigned char>(byte)); });
}

bool is_cut_off(std::string_view text) {
    return announced(byte_at(text, 0)) > text.size() && begins_character(text);
}

void append_escape(std::string& to, const char* format, unsigned number) {
    std::array<char, 16> escape{};
    std::snprintf(escape.data(), escape.size(), format, number);
    to += escape.data();
}

// Returns what it left: the beginning of a last character, where `more` may follow.
std::string_view append_printable(std::string& to, std::string_view text, bool more) {
    while (!text.empty()) {
        const Character character = first_character(text);
        if (character.bytes == 0 && more && is_cut_off(text)) return text;
        if (character.bytes == 0)
            append_escape(to, "\\x%02x", byte_at(text, 0));
        else if (character.code == '\n' || character.code == '\t' || !is_control(character.code))
            to += text.substr(0, character.bytes);
        else
            append_escape(to, "\\u%04x", static_cast<unsigned>(character.code));
        text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
    }
    return text;
}

}  // namespace

Character first_character(std::string_view text) {
    const unsigned char lead = byte_at(text, 0);
    const std::size_t bytes = announced(lead);
    if (bytes == 1) return {1, lead};
    if (bytes == 0 || text.size() < bytes || !begins_character(text.substr(0, bytes))) return {};
    char32_t code = lead & (0xFFu >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i)
        code = code << 6 | (byte_at(text, i) & 0x3F);
    return {bytes, code};
}

bool is_control(char32_t code) {
    return std::ranges::any_of(
        controls, [&](const Range& range) { return code >= range.least && code <= range.most; });
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    append_printable(result, text, false);
    return result;
}

std::string printable_line(std::string_view text) {
    std::string line;
    for (const char byte : printable(text)) {
        if (byte == '\n')
            line += "\\n";
        else if (byte == '\t')
            line += "\\t";
        else
            line += byte;
    }
    return line;
}

PrintableBuffer::~PrintableBuffer() {
    put(printable(begun_));
}

bool PrintableBuffer::put(std::string_view text) {
    return target_ && target_->sputn(text.data(), std::ssize(text)) == std::ssize(text);
}

PrintableBuffer::int_type PrintableBuffer::overflow(int_type character) {
    if (traits_type::eq_int_type(character, traits_type::eof()))
        return traits_type::not_eof(character);
    const char byte = traits_type::to_char_type(character);
    return pass_on({&byte, 1}) ? character : traits_type::eof();
}

std::streamsize PrintableBuffer::xsputn(const char* text, std::streamsize size) {
    return pass_on({text, static_cast<std::size_t>(size)}) ? size : 0;
}

bool PrintableBuffer::pass_on(std::string_view text) {
    const std::string whole = begun_.append(text);
    std::string result;
    result.reserve(whole.size());
    begun_ = append_printable(result, whole, true);
    return put(result);
}

void send_control(std::ostream& out, std::string_view sequence) {
    if (auto* buffer = dynamic_cast<PrintableBuffer*>(out.rdbuf()))
        buffer->send(sequence);
    else
        out << sequence;
}

}  // namespace tidewheel
