#include "deparse.hpp"

#include "ast.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::sql::ast {
namespace {

std::string deparse_once(PgQuery__ParseResult& parsed) {
    std::string packed(pg_query__parse_result__get_packed_size(&parsed), '\0');
    pg_query__parse_result__pack(&parsed, reinterpret_cast<std::uint8_t*>(packed.data()));
    const auto result = pg_query_deparse_protobuf(PgQueryProtobuf{packed.size(), packed.data()});
    std::string text = result.query ? result.query : "";
    std::string failure = result.error ? result.error->message : "";
    pg_query_free_deparse_result(result);
    if (!failure.empty()) {
        throw Error(Error::Kind::pipeline, "this statement can't be analyzed: " + failure,
                    "Rewrite the statement, and please report this.");
    }
    return text;
}

// `SELECT …` around a part, and the part's text out of it.
std::string without_prefix(const std::string& text, std::string_view prefix) {
    return text.substr(std::min(prefix.size(), text.size()));
}

std::string deparse_select(Select& select) {
    Node node = PG_QUERY__NODE__INIT;
    node.node_case = PG_QUERY__NODE__NODE_SELECT_STMT;
    node.select_stmt = &select;
    return deparse(node);
}

Select empty_select() {
    Select select = PG_QUERY__SELECT_STMT__INIT;
    select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
    select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
    return select;
}

}  // namespace

std::string deparse(Node& statement) {
    PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT;
    raw.stmt = &statement;
    PgQuery__RawStmt* list[] = {&raw};
    PgQuery__ParseResult parsed = PG_QUERY__PARSE_RESULT__INIT;
    parsed.version = PG_VERSION_NUM;
    parsed.n_stmts = 1;
    parsed.stmts = list;
    const std::string text = deparse_once(parsed);
    try {
        if (equal(statement.base, Tree(text).statement().base)) return text;
    } catch (const SyntaxError&) {
        // Reported below: the library wrote something that it can't read.
    }
    throw Error(Error::Kind::pipeline,
                "this statement can't be analyzed: it would be read as " + text,
                "Rewrite the statement, and please report this.");
}

std::string deparse_expression(Node& expression) {
    Target target = PG_QUERY__RES_TARGET__INIT;
    target.val = &expression;
    Node node = PG_QUERY__NODE__INIT;
    node.node_case = PG_QUERY__NODE__NODE_RES_TARGET;
    node.res_target = &target;
    Node* list[] = {&node};
    Select select = empty_select();
    select.n_target_list = 1;
    select.target_list = list;
    return without_prefix(deparse_select(select), "SELECT ");
}

std::string deparse_from(Nodes items) {
    Select select = empty_select();
    select.n_from_clause = items.count;
    select.from_clause = items.first;
    return without_prefix(deparse_select(select), "SELECT FROM ");
}

std::string deparse_type(TypeName& type) {
    Constant null = PG_QUERY__A__CONST__INIT;
    null.isnull = true;
    Node value = PG_QUERY__NODE__INIT;
    value.node_case = PG_QUERY__NODE__NODE_A_CONST;
    value.a_const = &null;
    TypeCast cast = PG_QUERY__TYPE_CAST__INIT;
    cast.arg = &value;
    cast.type_name = &type;
    Node node = PG_QUERY__NODE__INIT;
    node.node_case = PG_QUERY__NODE__NODE_TYPE_CAST;
    node.type_cast = &cast;
    return without_prefix(deparse_expression(node), "NULL::");
}

std::string quote_identifier(const std::string& name) {
    ColumnRef reference = PG_QUERY__COLUMN_REF__INIT;
    String string = PG_QUERY__STRING__INIT;
    string.sval = const_cast<char*>(name.c_str());
    Node part = PG_QUERY__NODE__INIT;
    part.node_case = PG_QUERY__NODE__NODE_STRING;
    part.string = &string;
    Node* parts[] = {&part};
    reference.n_fields = 1;
    reference.fields = parts;
    Node node = PG_QUERY__NODE__INIT;
    node.node_case = PG_QUERY__NODE__NODE_COLUMN_REF;
    node.column_ref = &reference;
    return deparse_expression(node);
}

std::string quote_literal(const std::string& value) {
    std::string quoted = "'";
    for (const char c : value) {
        quoted += c;
        if (c == '\'') quoted += c;
    }
    return quoted + "'";
}

std::vector<Token> scan(const std::string& text) {
    const auto result = pg_query_scan(text.c_str());
    const std::unique_ptr<const PgQueryScanResult, void (*)(const PgQueryScanResult*)> guard(
        &result, [](const PgQueryScanResult* held) { pg_query_free_scan_result(*held); });
    if (result.error) {
        throw SyntaxError{result.error->message, byte_offset(text, result.error->cursorpos)};
    }
    Arena arena;
    const auto* scanned = pg_query__scan_result__unpack(
        arena.allocator(), result.pbuf.len, reinterpret_cast<std::uint8_t*>(result.pbuf.data));
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < scanned->n_tokens; ++i) {
        const auto& token = *scanned->tokens[i];
        const bool is_comment = token.token == PG_QUERY__TOKEN__SQL_COMMENT ||
                                token.token == PG_QUERY__TOKEN__C_COMMENT;
        const bool is_folded = token.keyword_kind != PG_QUERY__KEYWORD_KIND__NO_KEYWORD ||
                               (token.token == PG_QUERY__TOKEN__IDENT && text[token.start] != '"');
        tokens.push_back({static_cast<std::size_t>(token.start),
                          static_cast<std::size_t>(token.end), is_comment, is_folded});
    }
    return tokens;
}

}  // namespace tidewheel::sql::ast
