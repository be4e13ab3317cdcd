#include "tidewheel/sql/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ast.hpp"
#include "broken_stream.hpp"
#include "deparse.hpp"
#include "merge_into.hpp"
#include "names.hpp"
#include "plain_ddl.hpp"
#include "rows.hpp"
#include "sink.hpp"
#include "source_text.hpp"
#include "split.hpp"
#include "stream.hpp"
#include "view.hpp"

namespace tidewheel::sql {
namespace {

// FNV-1a over the tokens. Tokens, not the parser's tree: a newer PostgreSQL parser must not make
// every statement look changed.
std::string fingerprint(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3; };
    for (const auto& token : ast::scan(text)) {
        if (token.is_comment) continue;
        for (std::size_t i = token.begin; i < token.end; ++i) {
            const bool folds = token.is_folded && text[i] >= 'A' && text[i] <= 'Z';
            add(folds ? static_cast<char>(text[i] - 'A' + 'a') : text[i]);
        }
        add('\0');
    }
    return fmt::format("{:016x}", hash);
}

bool is_materialized_view(ast::Tree& tree) {
    auto* statement = tree.statement_as<ast::CreateTableAs>();
    return statement && statement->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
}

// INSERT … SELECT, as opposed to INSERT … VALUES.
bool is_rows(ast::Tree& tree) {
    auto* insert = tree.statement_as<ast::Insert>();
    auto* select = insert ? ast::as<ast::Select>(insert->select_stmt) : nullptr;
    return select && select->n_values_lists == 0;
}

// A table that several schemas' files fill is named by each of them in its own schema.
std::string default_name(const Statement& statement, const Names& names) {
    if (const auto* plain = std::get_if<PlainStatement>(&statement.body)) return plain->object;
    const auto* stream = std::get_if<Stream>(&statement.body);
    const auto* view = std::get_if<ViewStatement>(&statement.body);
    if (stream || view) return label(names.created(stream ? stream->name : view->name));
    const auto& rows = std::get<RowStatement>(statement.body);
    if (!rows.into_stream) return label(names.created(rows.target));
    // The stream itself has the other name.
    return label({rows.into_stream->schema, "into_" + rows.into_stream->name});
}

class PipelineReader {
  public:
    PipelineReader(std::string_view text, const std::string& file, const std::vector<Stream>& known,
                   const Scope& scope)
        : source_(text, file), names_(known, scope) {}

    Pipeline read() {
        for (const Piece& piece : split(source_)) {
            try {
                read_statement(piece);
            } catch (const ast::SyntaxError& error) {
                refuse_syntax(piece, error);
            } catch (const PipelineError&) {
                throw;
            } catch (const Error& error) {
                source_.refuse(piece.begin, error.what(), error.hint());
            }
        }
        source_.finish();
        return std::move(pipeline_);
    }

  private:
    std::string text_of(const Piece& piece) const {
        return source_.text().substr(piece.begin, piece.end - piece.begin);
    }

    void refuse_syntax(const Piece& piece, const ast::SyntaxError& error) {
        const std::string text = text_of(piece);
        source_.refuse(piece.begin + error.offset, error.message,
                       hint_for_broken(text, error.offset));
        if (const auto name = stream_in_broken(text)) {
            Stream stream;
            stream.name = *name;
            names_.declare(stream);
        }
    }

    void read_statement(const Piece& piece) {
        Statement statement;
        statement.text = text_of(piece);
        statement.position = source_.position(piece.begin);
        ast::Tree tree(statement.text);
        statement.fingerprint = fingerprint(statement.text);
        Refusals refusals(source_, piece.begin);
        read_body(tree, piece, statement, refusals);
        if (refusals.any()) return;
        note_relation(statement);
        statement.name = piece.given_name.empty() ? default_name(statement, names_)
                                                  : label(names_.created({"", piece.given_name}));
        check_name(piece, statement);
        pipeline_.statements.push_back(std::move(statement));
    }

    void read_body(ast::Tree& tree, const Piece& piece, Statement& statement, Refusals& refusals) {
        if (const auto* foreign = tree.statement_as<ast::CreateForeignTable>();
            foreign && is_sink_server(foreign->servername)) {
            Sink sink = read_sink(tree, refusals);
            statement.body = PlainStatement{"sink", "sink " + label(names_.created(sink.name)),
                                            false,  sink.name,
                                            {},     std::move(sink)};
        } else if (foreign) {
            Stream stream = read_stream(tree, statement.text, refusals);
            names_.declare(stream);
            statement.body = std::move(stream);
        } else if (is_materialized_view(tree)) {
            read_view(tree, names_, statement, refusals);
        } else if (is_rows(tree)) {
            read_rows(tree, names_, statement, refusals);
        } else if (tree.statement_as<ast::Merge>()) {
            read_merge(tree, names_, statement, refusals);
        } else {
            statement.body = read_plain_ddl(tree, piece, names_, refusals);
        }
    }

    void note_relation(const Statement& statement) {
        if (const auto* view = std::get_if<ViewStatement>(&statement.body)) names_.add(view->name);
        if (const auto* plain = std::get_if<PlainStatement>(&statement.body);
            plain && plain->relation)
            names_.add(*plain->relation);
    }

    void check_name(const Piece& piece, const Statement& statement) {
        const auto [first, is_new] = positions_.emplace(statement.name, statement.position);
        if (is_new) return;
        source_.refuse(
            piece.begin,
            fmt::format("two statements are named {}: the first is at {}:{}:{}", statement.name,
                        first->second.file, first->second.line, first->second.column),
            std::holds_alternative<RowStatement>(statement.body)
                ? "A comment line `-- name: …` directly above a statement gives it another name."
                : "Remove one of them, or give it another name.");
    }

    SourceText source_;
    Names names_;
    std::map<std::string, Position> positions_;
    Pipeline pipeline_;
};

}  // namespace

Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const std::vector<Stream>& known, const Scope& scope) {
    return PipelineReader(text, file, known, scope).read();
}

std::vector<DeclaredRelation> relations_declared_in(std::string_view text,
                                                    const std::string& file) {
    SourceText source(text, file);
    std::vector<DeclaredRelation> declared;
    for (const Piece& piece : split(source)) {
        const std::string statement = source.text().substr(piece.begin, piece.end - piece.begin);
        const Position position = source.position(piece.begin);
        try {
            if (const auto stream = stream_in_broken(statement)) {
                declared.push_back({*stream, position, true});
                continue;
            }
            ast::Tree tree(statement);
            if (const auto name = relation_made_by(*ast::content(&tree.statement())))
                declared.push_back({*name, position, false});
        } catch (const ast::SyntaxError&) {
            continue;  // reported when the text is parsed
        }
    }
    return declared;
}

Statement parse_statement(std::string_view text, const std::vector<Stream>& known,
                          const Scope& scope) {
    auto pipeline = parse_pipeline(text, "catalogue", known, scope);
    if (pipeline.statements.size() != 1) {
        throw Error(Error::Kind::pipeline,
                    fmt::format("expected one statement, found {}", pipeline.statements.size()));
    }
    return std::move(pipeline.statements.front());
}

std::string without_options(std::string_view view) {
    std::string text(view);
    const std::vector<ast::Token> tokens = ast::scan(text);
    const auto is = [&](const ast::Token& token, std::string_view word) {
        return token.end - token.begin == word.size() &&
               std::equal(word.begin(), word.end(), text.begin() + long(token.begin),
                          [](char a, char b) { return a == std::tolower(b); });
    };
    std::size_t begin = 0;
    while (begin < tokens.size() && !is(tokens[begin], "with") && !is(tokens[begin], "as"))
        ++begin;
    if (begin == tokens.size() || is(tokens[begin], "as")) return text;
    for (std::size_t i = begin; i < tokens.size() && !is(tokens[i], "as"); ++i)
        std::fill(text.begin() + long(tokens[i].begin), text.begin() + long(tokens[i].end), ' ');
    return text;
}

std::string query_of(std::string_view view) {
    ast::Tree tree{std::string(view)};
    return ast::deparse(*tree.statement_as<ast::CreateTableAs>()->query);
}

std::string with_resolved(std::string_view text, const std::string& resolved,
                          const RelationName& name) {
    ast::Tree original{std::string(text)};
    ast::Tree tree(resolved);
    if (auto* view = original.statement_as<ast::CreateTableAs>()) {
        view->query = &tree.statement();
        view->into->rel->schemaname = original.arena().copy(name.schema);
        return ast::deparse(original.statement());
    }
    // The columns that an INSERT doesn't name are the table's first ones, whatever they are called.
    if (const auto* insert = original.statement_as<ast::Insert>(); insert && insert->n_cols == 0)
        tree.statement_as<ast::Insert>()->n_cols = 0;
    return ast::deparse(tree.statement());
}

}  // namespace tidewheel::sql
