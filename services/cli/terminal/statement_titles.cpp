#include "cli/terminal/statement_titles.hpp"

namespace tidewheel::cli {

std::string kind_of(const sql::Statement& statement) {
    if (const auto* plain = std::get_if<sql::PlainStatement>(&statement.body)) return plain->kind;
    if (std::holds_alternative<sql::Stream>(statement.body)) return "stream";
    return std::holds_alternative<sql::ViewStatement>(statement.body) ? "view" : "rows";
}

// A plain statement's name begins with what it is about, CREATE TABLE, TABLE t, or with its kind:
// ALTER TABLE, ALTER TABLE t ADD ….
std::string title(const sql::Statement& statement) {
    const std::string kind = kind_of(statement);
    const std::string seed = "ROWS ";
    if (kind == "INSERT … VALUES" && statement.name.starts_with(seed))
        return "seed rows of " + statement.name.substr(seed.size());
    if (statement.name.starts_with(kind + " ")) return statement.name;
    const std::string about = kind.substr(kind.rfind(' ') + 1) + " ";
    const bool repeats = statement.name.starts_with(about);
    return kind + " " + (repeats ? statement.name.substr(about.size()) : statement.name);
}

std::string outcome(apply::ChangeKind kind, bool to_come) {
    switch (kind) {
        case apply::ChangeKind::create:
            return to_come ? "to be created" : "created";
        case apply::ChangeKind::change:
            return to_come ? "to be changed" : "changed";
        case apply::ChangeKind::repeat:
            return to_come ? "to be repeated" : "repeated";
        case apply::ChangeKind::restore:
            return to_come ? "to be restored" : "restored";
        case apply::ChangeKind::unchanged:
            return "unchanged";
    }
    return "";
}

}  // namespace tidewheel::cli
