#include "split.hpp"

#include <algorithm>
#include <optional>
#include <regex>

#include "ast.hpp"
#include "deparse.hpp"
#include "source_text.hpp"

namespace tidewheel::sql {
namespace {

struct Range {
    std::size_t begin, end;
};

// The parser cuts exactly, but only a file without syntax errors.
std::vector<Range> cut_by_parser(const std::string& text) {
    const auto result = pg_query_split_with_parser(text.c_str());
    std::vector<Range> ranges;
    for (int i = 0; !result.error && i < result.n_stmts; ++i) {
        const auto begin = static_cast<std::size_t>(result.stmts[i]->stmt_location);
        ranges.push_back({begin, begin + static_cast<std::size_t>(result.stmts[i]->stmt_len)});
    }
    pg_query_free_split_result(result);
    return ranges;
}

bool is_word(const std::string& text, const ast::Token& token, std::string_view word) {
    const std::string_view found(text.data() + token.begin, token.end - token.begin);
    return token.is_folded && std::equal(found.begin(), found.end(), word.begin(), word.end(),
                                         [](char a, char b) { return (a | 0x20) == b; });
}

// Every semicolon ends a statement, even inside parentheses, so that one missing ')' doesn't hide
// what comes after it. Only those between BEGIN ATOMIC and its END do not.
std::vector<Range> cut_by_tokens(const std::string& text, const std::vector<ast::Token>& tokens) {
    std::vector<Range> ranges;
    std::size_t begin = 0;
    int blocks = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool opens =
            is_word(text, tokens[i], "atomic") && i > 0 && is_word(text, tokens[i - 1], "begin");
        if (opens || (blocks > 0 && is_word(text, tokens[i], "case"))) ++blocks;
        if (blocks > 0 && is_word(text, tokens[i], "end")) --blocks;
        if (blocks == 0 && text[tokens[i].begin] == ';') {
            ranges.push_back({begin, tokens[i].begin});
            begin = tokens[i].end;
        }
    }
    ranges.push_back({begin, text.size()});
    return ranges;
}

std::vector<Range> cut(const std::string& text, const std::vector<ast::Token>& tokens) {
    auto ranges = cut_by_parser(text);
    return ranges.empty() ? cut_by_tokens(text, tokens) : ranges;
}

// The text after `-- name:`; nothing: another comment.
std::optional<std::string> name_in(const std::string& comment) {
    static const std::regex pattern(R"(^--\s*name:\s*(.*?)\s*$)");
    std::smatch match;
    if (!std::regex_match(comment, match, pattern)) return std::nullopt;
    return match[1].str();
}

std::string require_one_word(SourceText& source, std::size_t offset, const std::string& name) {
    if (name.empty() || name.find_first_of(" \t") != std::string::npos)
        source.refuse(offset,
                      name.empty() ? "no name after -- name:"
                                   : "a statement's name is one word, not \"" + name + "\"",
                      "Write -- name: some_word; start any other comment with another word.");
    return name;
}

// The comment lines directly above the first token belong to the statement; an empty line separates
// them from it.
std::string given_name(SourceText& source, const std::vector<ast::Token>& tokens,
                       std::size_t first) {
    const std::string& text = source.text();
    std::size_t next = tokens[first].begin;
    for (std::size_t i = first; i-- > 0 && tokens[i].is_comment; next = tokens[i].begin) {
        const auto gap = text.substr(tokens[i].end, next - tokens[i].end);
        if (std::count(gap.begin(), gap.end(), '\n') > 1) break;
        const std::string comment = text.substr(tokens[i].begin, tokens[i].end - tokens[i].begin);
        if (const auto name = name_in(comment))
            return require_one_word(source, tokens[i].begin, *name);
    }
    return {};
}

// `tokens` and `ranges` are those of the source's text, or of its beginning.
std::vector<Piece> pieces(SourceText& source, const std::vector<ast::Token>& tokens,
                          const std::vector<Range>& ranges) {
    const std::string& text = source.text();
    std::vector<Piece> result;
    std::size_t i = 0;
    for (const Range& range : ranges) {
        Piece piece{std::string::npos, 0, {}};
        for (; i < tokens.size() && tokens[i].begin < range.end; ++i) {
            const bool is_semicolon =
                tokens[i].end - tokens[i].begin == 1 && text[tokens[i].begin] == ';';
            if (tokens[i].is_comment || (is_semicolon && piece.begin == std::string::npos))
                continue;
            if (piece.begin == std::string::npos) {
                piece.begin = tokens[i].begin;
                piece.given_name = given_name(source, tokens, i);
            }
            piece.end = tokens[i].end;
        }
        if (piece.begin != std::string::npos) result.push_back(std::move(piece));
    }
    return result;
}

}  // namespace

std::vector<Piece> split(SourceText& source) {
    std::string text = source.text();
    if (const auto nul = text.find('\0'); nul != std::string::npos) {
        source.refuse(nul, "a NUL byte in the file", "Save it as plain UTF-8 text.");
        text.resize(nul);
    }
    try {
        const auto tokens = ast::scan(text);
        return pieces(source, tokens, cut(text, tokens));
    } catch (const ast::SyntaxError& error) {
        source.refuse(error.offset, error.message);
        text.resize(error.offset);
    }
    try {  // everything before the statement that holds the broken token
        const auto tokens = ast::scan(text);
        auto result = pieces(source, tokens, cut(text, tokens));
        const bool is_cut =
            !result.empty() && text.find(';', result.back().end) == std::string::npos;
        if (is_cut) result.pop_back();
        return result;
    } catch (const ast::SyntaxError&) {
        return {};  // the break is inside a token, so nothing before it can be cut either
    }
}

}  // namespace tidewheel::sql
