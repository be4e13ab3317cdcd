#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "ast.hpp"

namespace tidewheel::sql::ast {

// SQL text of a statement. Throws Error when the text would not mean the same: it is parsed again
// and compared.
std::string deparse(Node& statement);
std::string deparse_expression(Node& expression);
std::string deparse_type(TypeName& type);
std::string deparse_from(Nodes items);

// An identifier as SQL text: quoted only where it has to be.
std::string quote_identifier(const std::string& name);
std::string quote_literal(const std::string& value);

// One token of a text, in bytes; `folded`: keywords and plain identifiers, which mean the same in
// either case.
struct Token {
    std::size_t begin, end;
    bool is_comment;
    bool is_folded;
};
// Throws SyntaxError.
std::vector<Token> scan(const std::string& text);

}  // namespace tidewheel::sql::ast
