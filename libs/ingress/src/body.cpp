#include "body.hpp"

namespace tidewheel::ingress {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

// After the string that begins here; the end of the text when it doesn't end.
std::size_t after_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\') ++at;
    return at + 1;
}

// The end of the element that begins here: a comma or bracket of the array itself.
std::size_t end_of_element(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        switch (text[at]) {
            case '"':
                at = after_string(text, at);
                continue;
            case '[':
            case '{':
                ++depth;
                break;
            case ']':
            case '}':
                if (depth == 0) return at;
                --depth;
                break;
            case ',':
                if (depth == 0) return at;
                break;
            default:
                break;
        }
        ++at;
    }
    return std::string_view::npos;
}

// `text`: from the bracket to the last byte that isn't blank.
Result<RawRecords, std::string> elements(std::string_view text) {
    RawRecords records;
    if (trimmed(text.substr(1)) == "]") return records;
    for (std::size_t begin = 1;;) {
        const std::size_t end = end_of_element(text, begin);
        if (end == std::string_view::npos) return std::string("the array does not end");
        records.push_back({trimmed(text.substr(begin, end - begin))});
        if (text[end] == ',') {
            begin = end + 1;
            continue;
        }
        if (text[end] == '}') return "unexpected '}' at byte " + std::to_string(end);
        if (end + 1 != text.size()) return std::string("something follows the array");
        return records;
    }
}

}  // namespace

Result<RawRecords, std::string> split_json(std::string_view body) {
    const std::string_view text = trimmed(body);
    if (text.empty()) return std::string("the body is empty");
    if (text.front() == '[') return elements(text);
    return RawRecords{{text}};
}

Result<RawRecords, std::string> split_lines(std::string_view body) {
    RawRecords records;
    for (std::size_t line = 1; !body.empty(); ++line) {
        const std::string_view text = body.substr(0, body.find('\n'));
        body.remove_prefix(std::min(text.size() + 1, body.size()));
        if (const std::string_view record = trimmed(text); !record.empty())
            records.push_back({record, line});
    }
    if (records.empty()) return std::string("the body is empty");
    return records;
}

}  // namespace tidewheel::ingress
