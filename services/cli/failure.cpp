#include "cli/failure.hpp"

#include <ostream>

#include "cli/context.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/diagnostic.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

const char* name(Error::Kind kind) {
    switch (kind) {
        case Error::Kind::setting:
            return "setting";
        case Error::Kind::pipeline:
            return "pipeline";
        case Error::Kind::refused:
            return "refused";
        case Error::Kind::unavailable:
            return "unavailable";
        case Error::Kind::fenced:
            return "fenced";
    }
    return "internal";
}

Json diagnostic_as_json(const sql::Diagnostic& diagnostic) {
    Json json = Json::object();
    json.set("file", diagnostic.position.file)
        .set("line", diagnostic.position.line)
        .set("column", diagnostic.position.column);
    json.set("what", diagnostic.what);
    if (!diagnostic.hint.empty()) json.set("hint", diagnostic.hint);
    return json;
}

// A pipeline's diagnostics are printed as a compiler prints them, without our name before them.
void print_for_people(const std::exception& failure, std::ostream& err) {
    if (const auto* pipeline = dynamic_cast<const sql::PipelineError*>(&failure)) {
        for (const sql::Diagnostic& diagnostic : pipeline->diagnostics()) {
            const std::string text = diagnostic.text();
            err << text << (text.ends_with('\n') ? "" : "\n");
        }
        err << "tidewheel: nothing was changed\n";
        return;
    }
    err << "tidewheel: " << indented(failure.what(), 4) << '\n';
    if (const auto* error = dynamic_cast<const Error*>(&failure); error && !error->hint().empty())
        err << "hint: " << indented(error->hint(), 4) << '\n';
}

}  // namespace

Json failure_as_json(const std::exception& failure) {
    Json json = Json::object();
    const auto* error = dynamic_cast<const Error*>(&failure);
    json.set("kind", error ? name(error->kind()) : "internal").set("what", failure.what());
    if (error && !error->hint().empty()) json.set("hint", error->hint());
    if (const auto* database = dynamic_cast<const postgres::DatabaseError*>(&failure);
        database && !database->sqlstate().empty())
        json.set("sqlstate", database->sqlstate());
    if (const auto* pipeline = dynamic_cast<const sql::PipelineError*>(&failure)) {
        Json diagnostics = Json::array();
        for (const sql::Diagnostic& diagnostic : pipeline->diagnostics())
            diagnostics.push(diagnostic_as_json(diagnostic));
        json.set("diagnostics", diagnostics);
    }
    return Json::object().set("error", json);
}

int exit_status_of(const std::exception& failure) {
    const auto* error = dynamic_cast<const Error*>(&failure);
    return static_cast<int>(error ? exit_code(*error) : ExitCode::internal);
}

int report_failure(const std::exception& failure, bool json, std::ostream& err) {
    if (json)
        print(err, failure_as_json(failure));
    else
        print_for_people(failure, err);
    return exit_status_of(failure);
}

}  // namespace tidewheel::cli
