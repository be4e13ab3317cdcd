#pragma once
#include <string>
#include <vector>

#include "ast.hpp"
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/engine/schema.hpp"

namespace tidewheel::sql {

// Reads expressions as PostgreSQL prints them. Throws engine::Unsupported.
class ExpressionReader {
  public:
    // alias: the name that columns are qualified with.
    ExpressionReader(const engine::Schema& stream, std::string alias)
        : stream_(stream), alias_(std::move(alias)) {}

    engine::Expression read(ast::Node* node) const;

  private:
    std::vector<engine::Expression> read_all(ast::Nodes nodes) const;
    std::vector<engine::Expression> read_sides(const ast::Operator& operation) const;
    engine::Expression read_column(const ast::ColumnRef& reference) const;
    engine::Expression read_cast(const ast::TypeCast& cast) const;
    engine::Expression read_operator(const ast::Operator& operation) const;
    engine::Expression read_one_of(const ast::Operator& operation) const;
    engine::Expression read_logic(const ast::BoolExpr& expression) const;
    engine::Expression read_null_test(const ast::NullTest& test) const;
    engine::Expression read_boolean_test(const ast::BooleanTest& test) const;
    engine::Expression read_case(const ast::Case& expression) const;

    const engine::Schema& stream_;
    std::string alias_;
};

}  // namespace tidewheel::sql
