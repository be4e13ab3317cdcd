#include "error_location.hpp"

#include <cctype>

#include "tidewheel/core/text.hpp"

namespace tidewheel::apply {
namespace {

// A letter that isn't ASCII has such bytes.
bool in_word(char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return std::isalnum(code) || byte == '_' || code >= 0x80;
}

std::string word_at(std::string_view text, std::size_t byte) {
    std::size_t end = byte;
    while (end < text.size() && in_word(text[end]))
        ++end;
    return std::string(text.substr(byte, end - byte));
}

// The byte at which a whole word stands; npos: nowhere. Case is PostgreSQL's to fold, so it doesn't
// count.
std::size_t find_word(std::string_view text, const std::string& word) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) ==
               std::tolower(static_cast<unsigned char>(b));
    };
    auto from = text.begin();
    while (!word.empty()) {
        const auto found = std::search(from, text.end(), word.begin(), word.end(), same);
        if (found == text.end()) break;
        const auto after = found + static_cast<std::ptrdiff_t>(word.size());
        const bool starts = found == text.begin() || !in_word(*(found - 1));
        const bool ends = after == text.end() || !in_word(*after);
        if (starts && ends) return static_cast<std::size_t>(found - text.begin());
        from = found + 1;
    }
    return std::string_view::npos;
}

sql::Position position_at(const sql::Statement& statement, std::size_t character) {
    const std::string_view before =
        std::string_view(statement.text).substr(0, byte_of_character(statement.text, character));
    const std::size_t newline = before.rfind('\n');
    sql::Position position = statement.position;
    position.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    if (newline == std::string_view::npos)
        position.column += static_cast<int>(characters(before));
    else
        position.column = 1 + static_cast<int>(characters(before.substr(newline + 1)));
    return position;
}

void undo(postgres::Transaction& transaction) {
    transaction.run("ROLLBACK TO SAVEPOINT tidewheel_step; RELEASE SAVEPOINT tidewheel_step");
}

void behind_savepoint(postgres::Transaction& transaction, const std::function<void()>& work) {
    transaction.run("SAVEPOINT tidewheel_step");
    try {
        work();
    } catch (...) {
        undo(transaction);
        throw;
    }
}

}  // namespace

sql::Diagnostic diagnostic_at(const PipelineFiles& files, const sql::Statement& statement,
                              std::size_t offset, std::string what, std::string hint) {
    const sql::Position position = position_at(statement, offset);
    return {position, std::move(what), std::move(hint), files.line(position.file, position.line)};
}

sql::Diagnostic diagnostic_at_word(const PipelineFiles& files, const sql::Statement& statement,
                                   const std::string& word, std::string what, std::string hint) {
    const std::size_t byte = find_word(statement.text, word);
    const std::size_t offset = byte == std::string_view::npos
                                   ? 0
                                   : characters(std::string_view(statement.text).substr(0, byte));
    return diagnostic_at(files, statement, offset, std::move(what), std::move(hint));
}

namespace {

sql::Diagnostic placed(const PipelineFiles& files, const sql::Statement& statement,
                       const postgres::DatabaseError& error, const std::string& executed) {
    if (error.position() <= 0)
        return diagnostic_at(files, statement, 0, error.what(), error.hint());
    const auto pointed = static_cast<std::size_t>(error.position() - 1);
    const std::size_t own = executed.find(statement.text);
    if (own != std::string::npos) {
        const std::size_t before = characters(std::string_view(executed).substr(0, own));
        if (pointed >= before && pointed - before <= characters(statement.text))
            return diagnostic_at(files, statement, pointed - before, error.what(), error.hint());
    }
    const std::string word = word_at(executed, byte_of_character(executed, pointed));
    return diagnostic_at_word(files, statement, word, error.what(), error.hint());
}

}  // namespace

sql::Diagnostic diagnostic_of(const PipelineFiles& files, const sql::Statement& statement,
                              const postgres::DatabaseError& error, const std::string& executed) {
    sql::Diagnostic told = placed(files, statement, error, executed);
    told.sqlstate = error.sqlstate();
    return told;
}

sql::PipelineError blamed(const PipelineFiles& files, const sql::Statement& statement,
                          const postgres::DatabaseError& error, const std::string& executed) {
    return sql::PipelineError({executed.empty()
                                   ? diagnostic_at(files, statement, 0, error.what(), error.hint())
                                   : diagnostic_of(files, statement, error, executed)});
}

bool mentions(const sql::Statement& statement, const std::string& word) {
    return find_word(statement.text, word) != std::string_view::npos;
}

void in_savepoint(postgres::Transaction& transaction, const std::function<void()>& work) {
    behind_savepoint(transaction, work);
    transaction.run("RELEASE SAVEPOINT tidewheel_step");
}

void in_scratch(postgres::Transaction& transaction, const std::function<void()>& work) {
    behind_savepoint(transaction, work);
    undo(transaction);
}

}  // namespace tidewheel::apply
