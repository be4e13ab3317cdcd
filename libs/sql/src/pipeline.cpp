#include "tidewheel/sql/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ast.hpp"
#include "names.hpp"
#include "plain.hpp"
#include "rows.hpp"
#include "source.hpp"
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

std::string default_name(const Statement& statement) {
    struct Names {
        std::string operator()(const Stream& stream) const { return stream.name.text(); }
        std::string operator()(const RowStatement& rows) const { return rows.target.text(); }
        std::string operator()(const ViewStatement& view) const { return view.name.text(); }
        std::string operator()(const PlainStatement& plain) const { return plain.object; }
    };
    return std::visit(Names(), statement.body);
}

class PipelineReader {
  public:
    PipelineReader(std::string_view text, const std::string& file, const std::vector<Stream>& known)
        : source_(text, file), streams_(known), known_(known.size()) {}

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
            declare(stream);
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
        statement.name = piece.given_name.empty() ? default_name(statement) : piece.given_name;
        check_name(piece, statement);
        pipeline_.statements.push_back(std::move(statement));
    }

    void read_body(ast::Tree& tree, const Piece& piece, Statement& statement, Refusals& refusals) {
        if (tree.statement_as<ast::CreateForeignTable>()) {
            statement.body = declare(read_stream(tree, statement.text, refusals));
        } else if (is_materialized_view(tree)) {
            read_view(tree, streams_, statement, refusals);
        } else if (is_rows(tree)) {
            read_rows(tree, streams_, statement, refusals);
        } else {
            statement.body = read_plain(tree, piece, streams_, refusals);
        }
    }

    // Even a stream with errors is declared, or every statement that reads it would be refused,
    // too. One that the catalogue knows by an older text gives way to this one.
    Stream declare(const Stream& stream) {
        const auto older =
            std::find_if(streams_.begin(), streams_.begin() + static_cast<std::ptrdiff_t>(known_),
                         [&](const Stream& each) { return may_be_same(each.name, stream.name); });
        if (older != streams_.begin() + static_cast<std::ptrdiff_t>(known_)) {
            *older = stream;
        } else {
            streams_.push_back(stream);
        }
        return stream;
    }

    void check_name(const Piece& piece, const Statement& statement) {
        const auto [first, is_new] = names_.emplace(statement.name, statement.position);
        if (is_new) return;
        source_.refuse(
            piece.begin,
            fmt::format("two statements are named {}: the first is at {}:{}:{}", statement.name,
                        first->second.file, first->second.line, first->second.column),
            "a comment line `-- name: …` right above a statement gives it another name");
    }

    Source source_;
    std::vector<Stream> streams_;
    std::size_t known_;
    std::map<std::string, Position> names_;
    Pipeline pipeline_;
};

}  // namespace

Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const std::vector<Stream>& known) {
    return PipelineReader(text, file, known).read();
}

Statement parse_statement(std::string_view text, const std::vector<Stream>& known) {
    auto pipeline = parse_pipeline(text, "catalogue", known);
    if (pipeline.statements.size() != 1) {
        throw Error(Error::Kind::pipeline,
                    fmt::format("one statement expected, not {}", pipeline.statements.size()));
    }
    return std::move(pipeline.statements.front());
}

}  // namespace tidewheel::sql
