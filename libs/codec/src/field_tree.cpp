#include "field_tree.hpp"

#include <algorithm>

namespace tidewheel::codec {
namespace {

auto position_of(std::vector<FieldTree::Node*>& children, std::string_view name) {
    return std::ranges::lower_bound(
        children, name, FieldTree::comes_before,
        [](const FieldTree::Node* node) -> std::string_view { return node->name; });
}

bool is_json(engine::Kind kind) {
    return kind == engine::Kind::json || kind == engine::Kind::jsonb || kind == engine::Kind::other;
}

}  // namespace

FieldTree::FieldTree(const engine::Schema& schema) : node_of_column_(schema.columns.size()) {
    nodes_.push_back(std::make_unique<Node>());
    for (std::size_t column = 0; column < schema.columns.size(); ++column)
        add(column, schema.columns[column]);
}

void FieldTree::add(std::size_t column, const engine::Column& definition) {
    if (definition.source != engine::ColumnOrigin::field) return;
    Node* node = &root();
    for (const std::string& name : definition.path)
        node = &child(*node, name);
    node->columns.push_back(column);
    node->wants_json |= is_json(definition.type.kind);
    node_of_column_[column] = node;
}

FieldTree::Node& FieldTree::child(Node& parent, const std::string& name) {
    const auto position = position_of(parent.children, name);
    if (position != parent.children.end() && (*position)->name == name) return **position;
    auto node = std::make_unique<Node>();
    node->name = name;
    parent.children.insert(position, node.get());
    return *nodes_.emplace_back(std::move(node));
}

FieldTree::Node* FieldTree::search(Node& parent, std::string_view name) {
    const auto position = position_of(parent.children, name);
    if (position == parent.children.end() || (*position)->name != name) return nullptr;
    return *position;
}

}  // namespace tidewheel::codec
