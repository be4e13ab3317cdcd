#pragma once
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

// PostgreSQL's parse tree, as libpg_query hands it over in protobuf-c structs. The structs describe
// themselves (ProtobufCMessageDescriptor), so one generic walker serves every rule.
namespace tidewheel::sql::ast {

using Message = ProtobufCMessage;
using Field = ProtobufCFieldDescriptor;
using Node = PgQuery__Node;

// The descriptor of a struct, and so its run-time type.
template <class T>
inline constexpr const ProtobufCMessageDescriptor* descriptor = nullptr;

#define TIDEWHEEL_AST(Name, Struct, prefix)                               \
    using Name = PgQuery__##Struct;                                       \
    template <>                                                           \
    inline constexpr const ProtobufCMessageDescriptor* descriptor<Name> = \
        &pg_query__##prefix##__descriptor
TIDEWHEEL_AST(Array, AArrayExpr, a__array_expr);
TIDEWHEEL_AST(BoolExpr, BoolExpr, bool_expr);
TIDEWHEEL_AST(BooleanTest, BooleanTest, boolean_test);
TIDEWHEEL_AST(Case, CaseExpr, case_expr);
TIDEWHEEL_AST(CaseBranch, CaseWhen, case_when);
TIDEWHEEL_AST(Coalesce, CoalesceExpr, coalesce_expr);
TIDEWHEEL_AST(ColumnDef, ColumnDef, column_def);
TIDEWHEEL_AST(ColumnRef, ColumnRef, column_ref);
TIDEWHEEL_AST(CommonTable, CommonTableExpr, common_table_expr);
TIDEWHEEL_AST(Constant, AConst, a__const);
TIDEWHEEL_AST(Constraint, Constraint, constraint);
TIDEWHEEL_AST(CreateForeignTable, CreateForeignTableStmt, create_foreign_table_stmt);
TIDEWHEEL_AST(CreateTable, CreateStmt, create_stmt);
TIDEWHEEL_AST(CreateTableAs, CreateTableAsStmt, create_table_as_stmt);
TIDEWHEEL_AST(FunctionCall, FuncCall, func_call);
TIDEWHEEL_AST(Grouping, GroupingFunc, grouping_func);
TIDEWHEEL_AST(GroupingSet, GroupingSet, grouping_set);
TIDEWHEEL_AST(IndexElement, IndexElem, index_elem);
TIDEWHEEL_AST(Index, IndexStmt, index_stmt);
TIDEWHEEL_AST(Insert, InsertStmt, insert_stmt);
TIDEWHEEL_AST(Integer, Integer, integer);
TIDEWHEEL_AST(Join, JoinExpr, join_expr);
TIDEWHEEL_AST(List, List, list);
TIDEWHEEL_AST(Merge, MergeStmt, merge_stmt);
TIDEWHEEL_AST(MergeWhen, MergeWhenClause, merge_when_clause);
TIDEWHEEL_AST(MinMax, MinMaxExpr, min_max_expr);
TIDEWHEEL_AST(MultiAssign, MultiAssignRef, multi_assign_ref);
TIDEWHEEL_AST(NamedArgument, NamedArgExpr, named_arg_expr);
TIDEWHEEL_AST(NullTest, NullTest, null_test);
TIDEWHEEL_AST(Operator, AExpr, a__expr);
TIDEWHEEL_AST(Option, DefElem, def_elem);
TIDEWHEEL_AST(RangeFunction, RangeFunction, range_function);
TIDEWHEEL_AST(RangeSubselect, RangeSubselect, range_subselect);
TIDEWHEEL_AST(RangeTableSample, RangeTableSample, range_table_sample);
TIDEWHEEL_AST(RangeVar, RangeVar, range_var);
TIDEWHEEL_AST(Row, RowExpr, row_expr);
TIDEWHEEL_AST(Select, SelectStmt, select_stmt);
TIDEWHEEL_AST(SortBy, SortBy, sort_by);
TIDEWHEEL_AST(Star, AStar, a__star);
TIDEWHEEL_AST(String, String, string);
TIDEWHEEL_AST(SubLink, SubLink, sub_link);
TIDEWHEEL_AST(Target, ResTarget, res_target);
TIDEWHEEL_AST(TypeCast, TypeCast, type_cast);
TIDEWHEEL_AST(TypeName, TypeName, type_name);
TIDEWHEEL_AST(ValueFunction, SQLValueFunction, sqlvalue_function);
#undef TIDEWHEEL_AST
template <>
inline constexpr const ProtobufCMessageDescriptor* descriptor<Node> = &pg_query__node__descriptor;

// What a Node wraps; nullptr for an empty or missing one.
inline Message* content(const Node* node) {
    return node && node->node_case != PG_QUERY__NODE__NODE__NOT_SET
               ? reinterpret_cast<Message*>(node->alias)
               : nullptr;
}

template <class T>
T* as(Message* message) {
    static_assert(descriptor<T> != nullptr, "TIDEWHEEL_AST knows no such struct");
    return message && message->descriptor == descriptor<T> ? reinterpret_cast<T*>(message)
                                                           : nullptr;
}
template <class T>
T* as(const Node* node) {
    return as<T>(content(node));
}
template <class T>
Message& message(T& node) {
    return node.base;
}

// A repeated field as a range.
struct Nodes {
    Node** first;
    std::size_t count;
    Node** begin() const { return first; }
    Node** end() const { return first + count; }
    bool empty() const { return count == 0; }
};
#define TIDEWHEEL_NODES(message, field)      \
    ::tidewheel::sql::ast::Nodes {           \
        (message).field, (message).n_##field \
    }

// Calls `visit` for every message directly below, Node wrappers included, with the field that holds
// it.
void for_each_child(Message& parent, const std::function<void(const Field&, Message&)>& visit);
// Pre-order; `visit` returns whether to go below the message.
void walk(Message& root, const std::function<bool(Message&)>& visit);
// Whether a field of that name is there and set; false where the message has none of that name.
bool is_set(const Message& message, const char* field);
// Where in the text the message begins, in bytes; -1 when the parser did not say.
int location(Message& message);
// The struct's name: SelectStmt.
inline std::string_view type_of(const Message& message) {
    return message.descriptor->short_name;
}

// Equal but for the places in the text.
bool equal(const Message& left, const Message& right);

// The strings of a name: {"public", "store_events"}.
std::vector<std::string> strings(Nodes nodes);
// A name in a message: the function's without its schema.
std::string last_string(Nodes nodes);

// Owns everything that hangs below a parse tree, and frees it at once: nodes may be shared, moved
// and dropped at will.
class Arena {
  public:
    Arena();
    ProtobufCAllocator* allocator() { return &allocator_; }
    char* copy(std::string_view text);
    Node** array(const std::vector<Node*>& nodes);

  private:
    std::pmr::monotonic_buffer_resource memory_;
    ProtobufCAllocator allocator_;
};

// What the parser said no to. `offset` in bytes.
struct SyntaxError {
    std::string message;
    std::size_t offset;
};

// The tree of exactly one statement. It may be changed in place.
class Tree {
  public:
    // Throws SyntaxError.
    explicit Tree(const std::string& text);
    Tree clone() const;

    Node& statement() { return *parsed_->stmts[0]->stmt; }
    template <class T>
    T* statement_as() {
        return as<T>(&statement());
    }
    Arena& arena() { return *arena_; }

    // New nodes out of SQL text, to be hung into this tree.
    Node* expression(const std::string& sql);
    Node* from_item(const std::string& sql);
    Node* wrap(Message& content);
    Node* copy(Node& node);

  private:
    Tree() = default;
    PgQuery__ParseResult* parse(const std::string& text);
    PgQuery__ParseResult* unpack(const std::string& packed);

    std::unique_ptr<Arena> arena_;
    PgQuery__ParseResult* parsed_ = nullptr;
};

// Byte offset of a character position that counts from 1.
std::size_t byte_offset(std::string_view text, int character);

}  // namespace tidewheel::sql::ast
