#include "column_identity.hpp"

#include "deparse.hpp"
#include "names.hpp"

namespace tidewheel::sql {
namespace {

// Joins that merge two columns into one, which is neither of them.
bool merges_columns(ast::Select& select) {
    bool found = false;
    for (ast::Node* item : TIDEWHEEL_NODES(select, from_clause)) {
        ast::walk(*ast::content(item), [&](ast::Message& message) {
            auto* join = ast::as<ast::Join>(&message);
            found = found || (join && (join->is_natural || join->n_using_clause > 0));
            return !found;
        });
    }
    return found;
}

// Inside a sub-select a name may be one of its own FROM.
bool has_subselect(ast::Message& root) {
    bool found = false;
    ast::walk(root, [&](ast::Message& message) {
        found = found || ast::as<ast::SubLink>(&message);
        return !found;
    });
    return found;
}

}  // namespace

ColumnIdentity::ColumnIdentity(ast::Tree& tree, ast::Select& select,
                               const StreamReference& stream_reference)
    : tree_(tree),
      stream_reference_(stream_reference),
      is_alone_(select.n_from_clause == 1 &&
                ast::as<ast::RangeVar>(select.from_clause[0]) == stream_reference.place),
      is_unambiguous_(!merges_columns(select) && !(stream_reference.place->alias &&
                                                   stream_reference.place->alias->n_colnames > 0)) {
    ast::walk(ast::message(select), [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) {
            const auto parts = ast::strings(TIDEWHEEL_NODES(*reference, fields));
            if (parts.size() == 2 && parts[0] != alias_of(*stream_reference_.place)) {
                qualified_.emplace(parts[1], reference);
            }
        }
        return true;
    });
}

std::string ColumnIdentity::canonical(ast::Node& expression) {
    ast::Node* copy = tree_.copy(expression);
    ast::walk(copy->base, [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) normalise(*reference);
        return true;
    });
    return ast::deparse_expression(*copy);
}

std::string ColumnIdentity::text(ast::Node& expression) {
    if (!is_unambiguous_ || has_subselect(expression.base)) {
        return ast::deparse_expression(expression);
    }
    ast::Node* copy = tree_.copy(expression);
    ast::walk(copy->base, [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) rename(*reference);
        return true;
    });
    return ast::deparse_expression(*copy);
}

void ColumnIdentity::rename(ast::ColumnRef& reference) {
    const auto parts = ast::strings(TIDEWHEEL_NODES(reference, fields));
    if (parts.size() != reference.n_fields || !has_column(*stream_reference_.stream, parts.back()))
        return;
    const std::string alias = alias_of(*stream_reference_.place);
    if (is_alone_ && parts.size() == 2 && parts[0] == alias) {
        ++reference.fields;
        --reference.n_fields;
    } else if (!is_alone_ && parts.size() == 1) {
        auto* qualified = ast::as<ast::ColumnRef>(
            tree_.expression(ast::quote_identifier(alias) + "." + ast::quote_identifier(parts[0])));
        reference.fields = qualified->fields;
        reference.n_fields = qualified->n_fields;
    }
}

void ColumnIdentity::normalise(ast::ColumnRef& reference) {
    const auto parts = ast::strings(TIDEWHEEL_NODES(reference, fields));
    if (parts.size() == 2 && parts[0] == alias_of(*stream_reference_.place)) {
        ++reference.fields;
        --reference.n_fields;
    } else if (parts.size() == 1 && !has_column(*stream_reference_.stream, parts[0])) {
        const auto other = qualified_.find(parts[0]);
        if (other == qualified_.end()) return;
        reference.fields = other->second->fields;
        reference.n_fields = other->second->n_fields;
    }
}

}  // namespace tidewheel::sql
