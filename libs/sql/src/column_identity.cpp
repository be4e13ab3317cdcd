#include "column_identity.hpp"

#include "names.hpp"

namespace tidewheel::sql {

ColumnIdentity::ColumnIdentity(ast::Tree& tree, ast::Select& select, const Reading& reading)
    : tree_(tree), reading_(reading) {
    ast::walk(ast::message(select), [&](ast::Message& message) {
        if (auto* reference = ast::as<ast::ColumnRef>(&message)) {
            const auto parts = ast::strings(TIDEWHEEL_NODES(*reference, fields));
            if (parts.size() == 2 && parts[0] != alias_of(*reading_.place)) {
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

void ColumnIdentity::normalise(ast::ColumnRef& reference) {
    const auto parts = ast::strings(TIDEWHEEL_NODES(reference, fields));
    if (parts.size() == 2 && parts[0] == alias_of(*reading_.place)) {
        ++reference.fields;
        --reference.n_fields;
    } else if (parts.size() == 1 && !has_column(*reading_.stream, parts[0])) {
        const auto other = qualified_.find(parts[0]);
        if (other == qualified_.end()) return;
        reference.fields = other->second->fields;
        reference.n_fields = other->second->n_fields;
    }
}

}  // namespace tidewheel::sql
