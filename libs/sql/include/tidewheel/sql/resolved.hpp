#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tidewheel/engine/expression.hpp"
#include "tidewheel/engine/schema.hpp"

// Expressions over a stream as PostgreSQL prints them, and as trees.
namespace tidewheel::sql {

// SELECT values FROM the stream WHERE where.
struct ResolvedSelect {
    std::vector<engine::Expression> values;
    std::optional<engine::Expression> where;
};

// Reads a SELECT over the stream alone that pg_get_viewdef has printed under
// `search_path = pg_catalog`: there a name without a schema is PostgreSQL's own, and the casts of
// operands are written out. An operator or function of anybody else's makes it Unsupported, where
// its name is printed: it is not in NULLIF, IS DISTINCT FROM, CASE … WHEN and casts.
//
// Types are not known yet: type.kind is `other`. type.sql is the text of the type where the SELECT
// has it, of a cast and of a constant; a constant without it is untyped: the field of EXTRACT. A
// boolean constant is "true" or "false". now() and its like are Node::record_time.
std::variant<ResolvedSelect, engine::Unsupported> read_select(const std::string& select,
                                                              const engine::Schema& stream);

// SQL of the expression over the stream's columns, each part of it in parentheses. It means the
// same as the expression under `search_path = pg_catalog`.
std::string text_of(const engine::Expression& expression, const engine::Schema& stream);

}  // namespace tidewheel::sql
