#include "settings_file.hpp"

#include "tidewheel/core/error.hpp"

namespace tidewheel {
namespace {

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::vector<FileSetting> settings() {
        std::vector<FileSetting> found;
        for (skip_blank(); !at_end(); skip_blank()) {
            found.push_back(setting());
            end_line();
        }
        return found;
    }

  private:
    static constexpr std::string_view spaces = " \t\r";

    bool at_end() const { return text_.empty(); }
    bool next_is(char c) const { return text_.starts_with(c); }

    std::string_view take(std::size_t size) {
        const std::string_view taken = text_.substr(0, size);
        text_.remove_prefix(taken.size());
        return taken;
    }

    void skip_spaces() { take(std::min(text_.find_first_not_of(spaces), text_.size())); }
    void skip_comment() {
        if (next_is('#')) take(std::min(text_.find('\n'), text_.size()));
    }

    // Spaces, comments and line ends.
    void skip_blank() {
        for (skip_spaces(), skip_comment(); next_is('\n'); skip_spaces(), skip_comment()) {
            take(1);
            ++line_;
        }
    }

    void end_line() {
        skip_spaces();
        skip_comment();
        if (!at_end() && !next_is('\n')) fail("unexpected text after the value");
    }

    FileSetting setting() {
        if (next_is('[')) fail("sections are not supported");
        const std::size_t line = line_;
        std::string key(take(std::min(text_.find_first_of(" \t\r\n=#"), text_.size())));
        skip_spaces();
        if (key.empty() || !next_is('=')) fail("expected key = value");
        take(1);
        skip_spaces();
        if (next_is('[')) return {std::move(key), array(), line};
        return {std::move(key), {value("#\r\n")}, line};
    }

    std::vector<std::string> array() {
        std::vector<std::string> values;
        take(1);
        for (skip_blank(); !next_is(']'); skip_blank()) {
            values.push_back(value("#\r\n,]"));
            skip_blank();
            if (!next_is(',')) break;
            take(1);
        }
        if (!next_is(']')) fail("expected ',' or ']' in the array");
        take(1);
        return values;
    }

    // `ends`: what a bare value stops at.
    std::string value(std::string_view ends) {
        if (next_is('"')) return basic_string();
        if (next_is('\'')) return literal_string();
        std::string_view bare = take(std::min(text_.find_first_of(ends), text_.size()));
        bare = bare.substr(0, bare.find_last_not_of(spaces) + 1);
        if (bare.empty()) fail("the value is missing");
        return std::string(bare);
    }

    std::string literal_string() {
        take(1);
        const std::size_t end = text_.find_first_of("'\n");
        if (end == std::string_view::npos || text_[end] == '\n') fail("unterminated string");
        std::string value(take(end));
        take(1);
        return value;
    }

    std::string basic_string() {
        std::string value;
        for (take(1); !next_is('"'); value += take(1)) {
            if (at_end() || next_is('\n')) fail("unterminated string");
            if (!next_is('\\')) continue;
            take(1);
            if (!next_is('"') && !next_is('\\'))
                fail("only the escapes \\\" and \\\\ are supported");
        }
        take(1);
        return value;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::setting,
                    "config file, line " + std::to_string(line_) + ": " + what,
                    "Write key = value, one per line; quote a value that contains '#'.");
    }

    std::string_view text_;
    std::size_t line_ = 1;
};

}  // namespace

std::vector<FileSetting> parse_settings_file(std::string_view text) {
    return Scanner(text).settings();
}

}  // namespace tidewheel
