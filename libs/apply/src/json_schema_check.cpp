#include "json_schema_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tidewheel::apply {
namespace {

using codec::Json;

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::toupper(c); });
    return result;
}

// The end of a literal or quoted identifier whose quote stands at `begin`; a doubled quote belongs
// to it.
std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    std::size_t at = begin + 1;
    for (; at < text.size(); ++at) {
        if (text[at] != quote) continue;
        if (at + 1 == text.size() || text[at + 1] != quote) return at + 1;
        ++at;
    }
    return at;
}

std::size_t end_of_token(std::string_view text, std::size_t begin) {
    if (text[begin] == '\'' || text[begin] == '"') return end_of_quoted(text, begin);
    const auto holds = is_word(text[begin]) ? is_word : [](char c) {
        return c == '<' || c == '>' || c == '=' || c == '!';
    };
    std::size_t at = begin;
    while (at < text.size() && holds(text[at]))
        ++at;
    return std::max(at, begin + 1);
}

std::vector<std::string_view> tokens_of(std::string_view text) {
    std::vector<std::string_view> tokens;
    for (std::size_t at = 0; at < text.size();) {
        if (std::isspace(static_cast<unsigned char>(text[at]))) {
            ++at;
            continue;
        }
        const std::size_t end = end_of_token(text, at);
        tokens.push_back(text.substr(at, end - at));
        at = end;
    }
    return tokens;
}

// 'it''s' → it's
std::string unquoted(std::string_view token) {
    std::string text;
    for (std::size_t i = 1; i + 1 < token.size(); ++i) {
        text += token[i];
        if (token[i] == token.front()) ++i;
    }
    return text;
}

// Reads `column op literal [AND …]`. What is not of that form makes the whole of it unreadable.
class CheckReader {
  public:
    CheckReader(std::string_view expression, std::string_view column)
        : tokens_(tokens_of(expression)), column_(column) {}

    // The keywords and their values; nullopt: not of that form.
    std::optional<Json> read() {
        do {
            if (!term()) return std::nullopt;
        } while (take("AND"));
        if (next_ != tokens_.size()) return std::nullopt;
        return found_;
    }

  private:
    bool take(std::string_view keyword) {
        if (next_ == tokens_.size() || upper(tokens_[next_]) != keyword) return false;
        ++next_;
        return true;
    }

    bool column() {
        if (next_ == tokens_.size()) return false;
        const std::string_view token = tokens_[next_];
        const bool matches = token.front() == '"' ? unquoted(token) == column_ : token == column_;
        next_ += matches;
        return matches;
    }

    std::optional<Json> number() {
        const bool negative = take("-");
        if (next_ == tokens_.size()) return std::nullopt;
        const std::string_view token = tokens_[next_];
        if (!std::isdigit(static_cast<unsigned char>(token.front()))) return std::nullopt;
        std::optional<Json> value = Json::parse((negative ? "-" : "") + std::string(token));
        next_ += value.has_value();
        return value;
    }

    std::optional<Json> literal() {
        if (next_ == tokens_.size() || tokens_[next_].front() != '\'') return number();
        return Json(unquoted(tokens_[next_++]));
    }

    bool term() {
        if (take("(")) return term() && take(")");
        if (!column()) return false;
        if (take("BETWEEN")) return bound("minimum") && take("AND") && bound("maximum");
        if (take("IN")) return list();
        constexpr std::array<std::pair<std::string_view, std::string_view>, 5> comparisons{{
            {">=", "minimum"},
            {">", "exclusiveMinimum"},
            {"<=", "maximum"},
            {"<", "exclusiveMaximum"},
            {"=", "const"},
        }};
        for (const auto& [sign, keyword] : comparisons)
            if (take(sign)) return keyword == "const" ? keep(keyword, literal()) : bound(keyword);
        return false;
    }

    bool bound(std::string_view keyword) { return keep(keyword, number()); }

    bool list() {
        Json values = Json::array();
        if (!take("(")) return false;
        do {
            std::optional<Json> value = literal();
            if (!value) return false;
            values.push(std::move(*value));
        } while (take(","));
        return take(")") && keep("enum", std::move(values));
    }

    // A keyword that says something already stays as it is: two bounds of one kind are left to the
    // services.
    bool keep(std::string_view keyword, std::optional<Json> value) {
        if (!value || found_.find(keyword)) return false;
        found_.set(std::string(keyword), std::move(*value));
        return true;
    }

    std::vector<std::string_view> tokens_;
    std::string_view column_;
    std::size_t next_ = 0;
    Json found_ = Json::object();
};

}  // namespace

void add_check(std::string_view expression, std::string_view column, Json& schema) {
    const std::optional<Json> found = CheckReader(expression, column).read();
    if (!found) return;
    for (const auto& [keyword, value] : found->members())
        if (!schema.find(keyword)) schema.set(keyword, value);
}

}  // namespace tidewheel::apply
