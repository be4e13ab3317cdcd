#include "tidewheel/sql/resolved.hpp"

#include <array>
#include <utility>

#include "expression_reader.hpp"
#include "names.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::sql {
namespace {

using engine::Expression;
using engine::Unsupported;

constexpr std::array<std::pair<const char*, const char*>, 10> other_clauses{{
    {"group_clause", "GROUP BY"},
    {"having_clause", "HAVING"},
    {"distinct_clause", "DISTINCT"},
    {"window_clause", "WINDOW"},
    {"sort_clause", "ORDER BY"},
    {"limit_count", "LIMIT"},
    {"limit_offset", "OFFSET"},
    {"with_clause", "WITH"},
    {"values_lists", "VALUES"},
    {"larg", "UNION"},
}};

std::string read_alias(const ast::Select& select) {
    for (const auto& [field, clause] : other_clauses)
        if (ast::is_set(select.base, field)) throw Unsupported{clause};
    if (select.n_from_clause == 0) return "";
    const auto* range = ast::as<ast::RangeVar>(select.from_clause[0]);
    if (!range || select.n_from_clause > 1) throw Unsupported{"more than the stream in FROM"};
    if (range->alias && range->alias->n_colnames > 0)
        throw Unsupported{"names for columns in FROM"};
    return alias_of(*range);
}

ResolvedSelect read(const std::string& text, const engine::Schema& stream) {
    ast::Tree tree(text);
    const auto* select = tree.statement_as<ast::Select>();
    if (!select) throw Unsupported{"no SELECT"};
    const ExpressionReader reader(stream, read_alias(*select));
    ResolvedSelect resolved;
    for (ast::Node* target : TIDEWHEEL_NODES(*select, target_list))
        resolved.values.push_back(reader.read(ast::as<ast::Target>(target)->val));
    if (select->where_clause) resolved.where = reader.read(select->where_clause);
    return resolved;
}

}  // namespace

std::variant<ResolvedSelect, Unsupported> read_select(const std::string& select,
                                                      const engine::Schema& stream) {
    try {
        return read(select, stream);
    } catch (const Unsupported& unsupported) {
        return unsupported;
    } catch (const ast::SyntaxError& error) {
        return Unsupported{error.message};
    } catch (const Error& error) {
        return Unsupported{error.what()};
    }
}

}  // namespace tidewheel::sql
