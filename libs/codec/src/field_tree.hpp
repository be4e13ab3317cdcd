#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/engine/schema.hpp"

namespace tidewheel::codec {

// The fields that a schema knows, as a tree of names: built once, walked for every record without
// allocating.
class FieldTree {
  public:
    struct Node {
        std::string name;
        std::vector<std::size_t> columns;  // that take the value of this field
        // By comes_before; not empty: the field is an object to walk into.
        std::vector<Node*> children;
        bool wants_json = false;    // some column takes the value's JSON text
        std::uint64_t seen_in = 0;  // the newest record that had it, by its number
        Node* successor = nullptr;  // the sibling that came next in the last record
        Node* first = nullptr;      // the child that came first in the last record
    };

    // The order of children: by length first, so that most comparisons end there.
    static bool comes_before(std::string_view a, std::string_view b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    }

    explicit FieldTree(const engine::Schema& schema);
    FieldTree(const FieldTree&) = delete;
    FieldTree& operator=(const FieldTree&) = delete;

    Node& root() const { return *nodes_.front(); }
    // Which fields a record has: none yet of the one that begins.
    void begin_record() { ++record_number_; }
    void mark(Node& node) const { node.seen_in = record_number_; }
    bool has(const Node& node) const { return node.seen_in == record_number_; }
    // The node that feeds a column; nullptr when its value is no field of the record.
    const Node* node_of(std::size_t column) const { return node_of_column_[column]; }

    // The child of `parent` with this name, nullptr when there is none. Records of one producer
    // have their fields in one order, so the child that followed `previous` (nullptr: that came
    // first) last time is tried before any search.
    static Node* find(Node& parent, Node* previous, std::string_view name) {
        Node*& expected = previous ? previous->successor : parent.first;
        if (expected && expected->name == name) return expected;
        Node* const found = search(parent, name);
        if (found) expected = found;
        return found;
    }

  private:
    static Node* search(Node& parent, std::string_view name);
    Node& child(Node& parent, const std::string& name);
    void add(std::size_t column, const engine::Column& definition);

    std::vector<std::unique_ptr<Node>> nodes_;
    std::vector<const Node*> node_of_column_;
    std::uint64_t record_number_ = 0;
};

}  // namespace tidewheel::codec
