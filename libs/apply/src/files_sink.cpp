#include "files_sink.hpp"

#include <algorithm>
#include <cctype>

#include "error_location.hpp"

namespace tidewheel::apply {
namespace {

[[noreturn]] void refuse(const DeploymentState& deployment, const sql::Statement& statement,
                         const std::string& word, std::string what, std::string hint) {
    throw sql::PipelineError(
        {diagnostic_at_word(deployment.files, statement, word, std::move(what), std::move(hint))});
}

// Apache Avro 1.11 specification, "Names".
bool is_avro_name(const std::string& name) {
    return !std::isdigit(static_cast<unsigned char>(name.front())) &&
           std::ranges::all_of(
               name, [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_'); });
}

void check_columns(const DeploymentState& deployment, const sql::Statement& statement,
                   const sql::Sink& sink) {
    if (sink.option("format") == "ndjson") return;
    for (const std::string& column : sink.columns)
        if (!is_avro_name(column))
            refuse(deployment, statement, column, "column " + column + " can't be a name in Avro",
                   "Its names have letters, digits and '_', and don't begin with a digit.");
}

void check_size(DeploymentState& deployment, const sql::Statement& statement,
                const std::string& size) {
    if (size.empty()) return;
    bool is_positive = false;
    try {
        in_savepoint(deployment.transaction, [&] {
            is_positive =
                deployment.transaction.query("SELECT pg_size_bytes($1) > 0", {size})[0].boolean(0);
        });
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
    }
    if (!is_positive)
        refuse(deployment, statement, "roll_bytes", "roll_bytes '" + size + "' is not a size",
               "Write it like '10 MB'.");
}

// A file that is there, and whose position is not committed, is found by its name alone.
void check_unchanged(DeploymentState& deployment, const Change& change, const sql::Sink& sink) {
    if (change.kind == ChangeKind::create) return;
    const postgres::Rows stored = deployment.transaction.query(
        "SELECT text FROM tidewheel.objects WHERE object = $1", {change.object});
    const auto before = sql::parse_statement(stored.at(0).text(0), {});
    const sql::Sink& old = std::get<sql::PlainStatement>(before.body).sink.value();
    for (const char* option : {"path", "format", "time"})
        if (old.option(option) != sink.option(option))
            refuse(deployment, change.statement, option,
                   std::string("the option ") + option + " of a sink of files can't change",
                   "Make another sink, with the name that you want, or drop this one first.");
}

}  // namespace

void check_files_sink(DeploymentState& deployment, const Change& change, const sql::Sink& sink) {
    check_columns(deployment, change.statement, sink);
    check_size(deployment, change.statement, sink.option("roll_bytes"));
    check_unchanged(deployment, change, sink);
}

}  // namespace tidewheel::apply
