#include <string_view>

#include "deparse.hpp"
#include "tidewheel/sql/resolved.hpp"

namespace tidewheel::sql {
namespace {

using engine::Expression;
using Node = engine::Expression::Node;

// PostgreSQL's operators are made of these, and its functions of letters.
bool is_operator(std::string_view name) {
    return name.find_first_not_of("+-*/<>=~!@#%^&|`?") == std::string_view::npos;
}

class ExpressionText {
  public:
    explicit ExpressionText(const engine::Schema& stream) : stream_(stream) {}

    std::string of(const Expression& expression) const {
        const auto& arguments = expression.arguments;
        switch (expression.node) {
            case Node::column:
                return ast::quote_identifier(stream_.columns.at(expression.column).name);
            case Node::record_time:
                return "pg_catalog.now()";
            case Node::constant:
                return constant(expression);
            case Node::call:
                return call(expression);
            case Node::cast:
                return "(" + of(arguments.at(0)) + ")::" + expression.type.sql;
            case Node::test:
                return "(" + of(arguments.at(0)) + " " + expression.name + ")";
            case Node::distinct:
                return "(" + list(arguments, " IS DISTINCT FROM ") + ")";
            case Node::all_of:
                return "(" + list(arguments, " AND ") + ")";
            case Node::any_of:
                return "(" + list(arguments, " OR ") + ")";
            case Node::negation:
                return "(NOT " + of(arguments.at(0)) + ")";
            case Node::choose:
                return choose(arguments);
            case Node::coalesce:
                return "COALESCE(" + list(arguments, ", ") + ")";
            case Node::nullif:
                return "NULLIF(" + list(arguments, ", ") + ")";
            case Node::one_of:
                return "(" + of(arguments.at(0)) + " OPERATOR(pg_catalog.=) ANY (ARRAY[" +
                       list(arguments, ", ", 1) + "]))";
        }
        return "";
    }

  private:
    std::string list(const std::vector<Expression>& expressions, std::string_view separator,
                     std::size_t first = 0) const {
        std::string text;
        for (std::size_t i = first; i < expressions.size(); ++i) {
            if (i > first) text += separator;
            text += of(expressions[i]);
        }
        return text;
    }

    static std::string constant(const Expression& expression) {
        const std::string text =
            expression.constant ? ast::quote_literal(*expression.constant) : "NULL";
        return expression.type.sql.empty() ? text : text + "::" + expression.type.sql;
    }

    std::string call(const Expression& expression) const {
        const auto& arguments = expression.arguments;
        if (expression.name == "greatest") return "GREATEST(" + list(arguments, ", ") + ")";
        if (expression.name == "least") return "LEAST(" + list(arguments, ", ") + ")";
        if (!is_operator(expression.name))
            return "pg_catalog." + ast::quote_identifier(expression.name) + "(" +
                   list(arguments, ", ") + ")";
        const std::string name = "OPERATOR(pg_catalog." + expression.name + ") ";
        return arguments.size() == 1
                   ? "(" + name + of(arguments[0]) + ")"
                   : "(" + of(arguments.at(0)) + " " + name + of(arguments.at(1)) + ")";
    }

    std::string choose(const std::vector<Expression>& arguments) const {
        std::string text = "(CASE";
        for (std::size_t i = 0; i + 1 < arguments.size(); i += 2)
            text += " WHEN " + of(arguments[i]) + " THEN " + of(arguments[i + 1]);
        return text + " ELSE " + of(arguments.back()) + " END)";
    }

    const engine::Schema& stream_;
};

}  // namespace

std::string text_of(const Expression& expression, const engine::Schema& stream) {
    return ExpressionText(stream).of(expression);
}

}  // namespace tidewheel::sql
