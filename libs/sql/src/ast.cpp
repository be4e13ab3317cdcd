#include "ast.hpp"

#include <cstring>
#include <string>

namespace tidewheel::sql::ast {
namespace {

const char* at(const Message& message, unsigned offset) {
    return reinterpret_cast<const char*>(&message) + offset;
}

template <class T>
T read(const Message& message, unsigned offset) {
    T value;
    std::memcpy(&value, at(message, offset), sizeof value);
    return value;
}

bool is_present(const Message& message, const Field& field) {
    if (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        return read<std::uint32_t>(message, field.quantifier_offset) == field.id;
    }
    return true;
}

bool is_location(const Field& field) {
    const std::string_view name = field.name;
    return field.type == PROTOBUF_C_TYPE_INT32 &&
           (name.ends_with("location") || name == "stmt_len" || name == "list_start" ||
            name == "list_end");
}

std::string pack(const Message& message) {
    std::string bytes(protobuf_c_message_get_packed_size(&message), '\0');
    protobuf_c_message_pack(&message, reinterpret_cast<std::uint8_t*>(bytes.data()));
    return bytes;
}

Message* unpack_message(Arena& arena, const ProtobufCMessageDescriptor* type,
                        const std::string& packed) {
    return protobuf_c_message_unpack(type, arena.allocator(), packed.size(),
                                     reinterpret_cast<const std::uint8_t*>(packed.data()));
}

void clear_locations(Message& root) {
    walk(root, [](Message& message) {
        for (unsigned i = 0; i < message.descriptor->n_fields; ++i) {
            const Field& field = message.descriptor->fields[i];
            if (is_location(field)) {
                std::memset(const_cast<char*>(at(message, field.offset)), 0, sizeof(std::int32_t));
            }
        }
        return true;
    });
}

std::string bytes_without_locations(const Message& message) {
    Arena arena;
    Message* copy = unpack_message(arena, message.descriptor, pack(message));
    clear_locations(*copy);
    return pack(*copy);
}

}  // namespace

void for_each_child(Message& parent, const std::function<void(const Field&, Message&)>& visit) {
    for (unsigned i = 0; i < parent.descriptor->n_fields; ++i) {
        const Field& field = parent.descriptor->fields[i];
        if (field.type != PROTOBUF_C_TYPE_MESSAGE || !is_present(parent, field)) continue;
        if (field.label == PROTOBUF_C_LABEL_REPEATED) {
            const auto count = read<std::size_t>(parent, field.quantifier_offset);
            auto** items = read<Message**>(parent, field.offset);
            for (std::size_t k = 0; k < count; ++k) {
                visit(field, *items[k]);
            }
        } else if (auto* child = read<Message*>(parent, field.offset)) {
            visit(field, *child);
        }
    }
}

void walk(Message& root, const std::function<bool(Message&)>& visit) {
    if (!visit(root)) return;
    for_each_child(root, [&](const Field&, Message& child) { walk(child, visit); });
}

bool is_set(const Message& message, const char* name) {
    const Field* field = protobuf_c_message_descriptor_get_field_by_name(message.descriptor, name);
    if (!field || !is_present(message, *field)) return false;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return read<std::size_t>(message, field->quantifier_offset) > 0;
    }
    switch (field->type) {
        case PROTOBUF_C_TYPE_MESSAGE:
            return read<Message*>(message, field->offset) != nullptr;
        case PROTOBUF_C_TYPE_STRING:
            return *read<const char*>(message, field->offset) != '\0';
        default:
            return read<std::int32_t>(message, field->offset) != 0;
    }
}

int location(Message& root) {
    int first = -1;
    walk(root, [&](Message& message) {
        const Field* field =
            protobuf_c_message_descriptor_get_field_by_name(message.descriptor, "location");
        if (field && field->type == PROTOBUF_C_TYPE_INT32) {
            const auto here = read<std::int32_t>(message, field->offset);
            if (here > 0 && (first < 0 || here < first)) first = here;
        }
        return true;
    });
    return first;
}

bool equal(const Message& left, const Message& right) {
    return left.descriptor == right.descriptor &&
           bytes_without_locations(left) == bytes_without_locations(right);
}

std::vector<std::string> strings(Nodes nodes) {
    std::vector<std::string> result;
    for (Node* node : nodes) {
        if (auto* string = as<String>(node)) result.emplace_back(string->sval);
    }
    return result;
}

std::string last_string(Nodes nodes) {
    const auto all = strings(nodes);
    return all.empty() ? std::string() : all.back();
}

Arena::Arena() {
    allocator_.alloc = [](void* memory, std::size_t size) {
        return static_cast<std::pmr::monotonic_buffer_resource*>(memory)->allocate(size);
    };
    allocator_.free = [](void*, void*) {};
    allocator_.allocator_data = &memory_;
}

char* Arena::copy(std::string_view text) {
    auto* target = static_cast<char*>(memory_.allocate(text.size() + 1, 1));
    std::memcpy(target, text.data(), text.size());
    target[text.size()] = '\0';
    return target;
}

Node** Arena::array(const std::vector<Node*>& nodes) {
    auto* target = static_cast<Node**>(memory_.allocate(nodes.size() * sizeof(Node*) + 1));
    std::copy(nodes.begin(), nodes.end(), target);
    return target;
}

Tree::Tree(const std::string& text) : arena_(std::make_unique<Arena>()), parsed_(parse(text)) {
    if (parsed_->n_stmts != 1) {
        throw SyntaxError{
            parsed_->n_stmts == 0 ? "there is no statement" : "one statement expected", 0};
    }
}

Tree Tree::clone() const {
    Tree copy;
    copy.arena_ = std::make_unique<Arena>();
    copy.parsed_ = copy.unpack(pack(parsed_->base));
    return copy;
}

PgQuery__ParseResult* Tree::parse(const std::string& text) {
    const auto result = pg_query_parse_protobuf(text.c_str());
    const std::unique_ptr<const PgQueryProtobufParseResult,
                          void (*)(const PgQueryProtobufParseResult*)>
        guard(&result, [](const PgQueryProtobufParseResult* held) {
            pg_query_free_protobuf_parse_result(*held);
        });
    if (result.error) {
        throw SyntaxError{result.error->message, byte_offset(text, result.error->cursorpos)};
    }
    return unpack(std::string(result.parse_tree.data, result.parse_tree.len));
}

PgQuery__ParseResult* Tree::unpack(const std::string& packed) {
    return reinterpret_cast<PgQuery__ParseResult*>(
        unpack_message(*arena_, &pg_query__parse_result__descriptor, packed));
}

Node* Tree::expression(const std::string& sql) {
    auto* select = as<Select>(parse("SELECT " + sql)->stmts[0]->stmt);
    return as<Target>(select->target_list[0])->val;
}

Node* Tree::from_item(const std::string& sql) {
    return as<Select>(parse("SELECT FROM " + sql)->stmts[0]->stmt)->from_clause[0];
}

Node* Tree::wrap(Message& message) {
    auto* node = static_cast<Node*>(
        arena_->allocator()->alloc(arena_->allocator()->allocator_data, sizeof(Node)));
    protobuf_c_message_init(descriptor<Node>, node);
    for (unsigned i = 0; i < descriptor<Node>->n_fields; ++i) {
        const Field& field = descriptor<Node>->fields[i];
        if (field.descriptor == message.descriptor) {
            node->node_case = static_cast<PgQuery__Node__NodeCase>(field.id);
            node->alias = reinterpret_cast<PgQuery__Alias*>(&message);
        }
    }
    return node;
}

Node* Tree::copy(Node& node) {
    return reinterpret_cast<Node*>(unpack_message(*arena_, node.base.descriptor, pack(node.base)));
}

std::size_t byte_offset(std::string_view text, int character) {
    std::size_t offset = 0;
    for (int passed = 1; passed < character && offset < text.size(); ++passed) {
        ++offset;
        while (offset < text.size() && (text[offset] & 0xC0) == 0x80)
            ++offset;
    }
    return offset;
}

}  // namespace tidewheel::sql::ast
