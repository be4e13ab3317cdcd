#include "broken_stream.hpp"

#include <algorithm>
#include <cctype>

#include "deparse.hpp"
#include "names.hpp"
#include "stream.hpp"

namespace tidewheel::sql {
namespace {

std::string upper_word(const std::string& text, const ast::Token& token) {
    std::string word = text.substr(token.begin, token.end - token.begin);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return word;
}

std::vector<ast::Token> without_comments(const std::string& text) {
    auto tokens = ast::scan(text);
    std::erase_if(tokens, [](const ast::Token& token) { return token.is_comment; });
    return tokens;
}

bool declares_stream(const std::string& text, const std::vector<ast::Token>& tokens) {
    return tokens.size() > 3 && upper_word(text, tokens[0]) == "CREATE" &&
           upper_word(text, tokens[1]) == "FOREIGN" && upper_word(text, tokens[2]) == "TABLE";
}

}  // namespace

// What stands before the columns is parsed as a stream without any.
std::optional<RelationName> stream_in_broken(const std::string& text) {
    const auto tokens = without_comments(text);
    if (!declares_stream(text, tokens)) return std::nullopt;
    const auto columns = std::find_if(tokens.begin(), tokens.end(), [&](const ast::Token& token) {
        return text[token.begin] == '(';
    });
    if (columns == tokens.end()) return std::nullopt;
    try {
        ast::Tree tree(text.substr(0, columns->begin) + "() SERVER kafka");
        auto* stream = tree.statement_as<ast::CreateForeignTable>();
        return stream ? std::optional(relation_name(*stream->base_stmt->relation)) : std::nullopt;
    } catch (const ast::SyntaxError&) {
        return std::nullopt;
    }
}

std::string hint_for_broken(const std::string& text, std::size_t offset) {
    const auto tokens = without_comments(text);
    if (!declares_stream(text, tokens)) return {};
    for (const ast::Token& token : tokens) {
        const std::string word = upper_word(text, token);
        if (word == "SERVER") return {};  // the options of the table come after it
        if (token.begin >= offset) {
            return word == "OPTIONS" ? "A column's OPTIONS come before NOT NULL, CHECK and DEFAULT."
                                     : "";
        }
    }
    return {};
}

}  // namespace tidewheel::sql
