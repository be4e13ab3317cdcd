#include "flat_scanner.hpp"

#include <cassert>
#include <cstring>

#include "plain_run.hpp"
#include "tidewheel/codec/utf8.hpp"

namespace tidewheel::codec {

using Shape = Value::Shape;

namespace {

// Every function here stops at a NUL, so that none leaves the record.

const char* skip_space(const char* at) {
    while (static_cast<unsigned char>(*at) <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        ++at;
    return at;
}

// Whether it is the next character, if need be behind white space, which is then skipped.
bool is_behind_space(const char*& at, char c) {
    if (*at == c) return true;
    at = skip_space(at);
    return *at == c;
}

const char* skip_digits(const char* at) {
    while (*at >= '0' && *at <= '9')
        ++at;
    return at;
}

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

// The following take one value off the front of the text, set every part of it, and return where it
// ends. nullptr: it is not of the usual form.

const char* take_string(const char* at, Value& value) {
    const PlainRun run = plain_run(at + 1);
    if (*run.end != '"') return nullptr;
    value.shape = Shape::string;
    value.text = between(at + 1, run.end);
    value.json = between(at, run.end + 1);
    if (!run.is_ascii && find_invalid_utf8(value.text)) return nullptr;
    return run.end + 1;
}

const char* take_number(const char* at, Value& value) {
    constexpr std::ptrdiff_t longest = 64;  // much less than is_within_limits() allows
    const char* const begin = at;
    at += *at == '-';
    const char* end = *at == '0' ? at + 1 : skip_digits(at);
    if (end == at) return nullptr;
    if (*end == '.') {
        at = end + 1;
        end = skip_digits(at);
        if (end == at) return nullptr;
    }
    if (end - begin > longest) return nullptr;
    value.shape = Shape::number;
    value.text = value.json = between(begin, end);
    return end;
}

const char* take_word(const char* at, std::string_view word, Shape shape, Value& value) {
    if (std::memcmp(at, word.data(), word.size()) != 0) return nullptr;
    value.shape = shape;
    value.text = value.json = between(at, at + word.size());
    return at + word.size();
}

const char* take_value(const char* at, Value& value) {
    switch (*at) {
        case '"':
            return take_string(at, value);
        case 't':
            return take_word(at, "true", Shape::boolean, value);
        case 'f':
            return take_word(at, "false", Shape::boolean, value);
        case 'n':
            return take_word(at, "null", Shape::null, value);
        default:
            return take_number(at, value);
    }
}

}  // namespace

FlatScanner::FlatScanner(FieldTree& fields, RowWriter& writer)
    : fields_(fields), writer_(writer), names_(fields) {}

bool FlatScanner::read(std::string_view record) {
    assert(record.data()[record.size()] == '\0');
    const char* at = record.data();
    fields_.begin_record();
    names_.begin_record();
    if (*at != '{') return false;
    Value value;
    do {
        at = skip_space(at + 1);
        const MemberNames::Member* const member = names_.take(at);
        if (!member) return false;
        if (!is_behind_space(at, ':')) return false;
        at = take_value(skip_space(at + 1), value);
        if (!at) return false;
        if (member->field) {
            fields_.mark(*member->field);
            for (const std::size_t column : member->field->columns)
                if (!writer_.write(column, value)) return false;
        }
    } while (is_behind_space(at, ','));
    return *at == '}' && skip_space(at + 1) == record.data() + record.size();
}

}  // namespace tidewheel::codec
