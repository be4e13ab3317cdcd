#include "tidewheel/codec/json_elements.hpp"

#include <optional>

#include "json_check.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/json_decoder.hpp"

namespace tidewheel::codec {
namespace {

// Walks through a text that is known to be JSON.
class Walk {
  public:
    explicit Walk(std::string_view text) : text_(text) { skip_blanks(); }

    bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }
    // Enters an array or an object, or goes on to its next part. False: it ended.
    bool next(char end) {
        ++at_;  // the bracket, or the comma
        skip_blanks();
        return !is_at(end);
    }
    bool goes_on() {
        skip_blanks();
        return is_at(',');
    }
    std::string_view value() {
        const std::size_t begin = at_;
        skip_value();
        return text_.substr(begin, at_ - begin);
    }
    std::string name() {
        const std::string_view quoted = value();
        skip_blanks();
        ++at_;  // the colon
        skip_blanks();
        if (quoted.find('\\') == std::string_view::npos)
            return std::string(quoted.substr(1, quoted.size() - 2));
        return Json::parse(quoted)->string();
    }

  private:
    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
    void skip_string() {
        for (++at_; text_[at_] != '"'; ++at_)
            if (text_[at_] == '\\') ++at_;
        ++at_;
    }
    void skip_value() {
        if (is_at('"')) return skip_string();
        if (!is_at('{') && !is_at('[')) {
            at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
            return;
        }
        std::size_t depth = 0;
        do {
            if (is_at('"')) {
                skip_string();
                continue;
            }
            if (is_at('{') || is_at('[')) ++depth;
            if (is_at('}') || is_at(']')) --depth;
            ++at_;
        } while (depth > 0);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

using Found = Result<std::string_view, std::string>;

Found member(std::string_view text, const std::string& name) {
    Walk walk(text);
    const std::string quoted = "\"" + name + "\"";
    if (!walk.is_at('{')) return "where " + quoted + " should be is no object";
    std::optional<std::string_view> found;
    for (bool more = walk.next('}'); more; more = walk.goes_on() && walk.next('}')) {
        const bool is_it = walk.name() == name;
        const std::string_view value = walk.value();
        if (is_it && found) return "the member " + quoted + " appears twice";
        if (is_it) found = value;
    }
    if (!found) return "there is no member " + quoted;
    return *found;
}

}  // namespace

Result<std::vector<std::string_view>, std::string> json_elements(
    std::string_view document, const std::vector<std::string>& path) {
    // Each of the elements may have as many levels as a record, and there are some around them.
    JsonCheck check(json_depth_limit + path.size() + 1);
    if (const auto fault = check.fault_of(document)) return *fault;
    std::string_view text = document;
    for (const std::string& name : path) {
        const Found found = member(text, name);
        if (!found) return found.failure();
        text = *found;
    }
    Walk walk(text);
    std::vector<std::string_view> elements;
    if (!walk.is_at('[')) {
        elements.push_back(walk.value());
        return elements;
    }
    for (bool more = walk.next(']'); more; more = walk.goes_on() && walk.next(']'))
        elements.push_back(walk.value());
    return elements;
}

}  // namespace tidewheel::codec
