#include "tidewheel/apply/pipeline_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "schema_files.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::apply {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> expand(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return {path};
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(path, error))
        if (entry.path().extension() == ".sql") found.push_back(entry.path());
    if (error) throw Error(Error::Kind::setting, path.string() + ": " + error.message());
    if (found.empty()) throw Error(Error::Kind::setting, "no .sql file in " + path.string());
    std::sort(found.begin(), found.end());
    return found;
}

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad())
        throw Error(Error::Kind::setting, "can't read " + path.string(),
                    "Name the pipeline's files or the folder that holds them.");
    return text;
}

// Parsing a file finds equal names within it; this finds equal names of statements in two files.
void refuse_shared_names(const sql::Pipeline& pipeline, const PipelineFiles& files,
                         std::vector<sql::Diagnostic>& wrong) {
    std::map<std::string, const sql::Statement*> seen;
    for (const sql::Statement& statement : pipeline.statements) {
        if (std::holds_alternative<sql::PlainStatement>(statement.body)) continue;
        const auto [first, is_new] = seen.emplace(statement.name, &statement);
        const sql::Position& earlier = first->second->position;
        if (is_new || earlier.file == statement.position.file) continue;
        wrong.push_back({statement.position,
                         "statement " + statement.name + " already exists, at " + earlier.file +
                             ":" + std::to_string(earlier.line),
                         std::holds_alternative<sql::RowStatement>(statement.body)
                             ? "Give this one a name of its own: -- name: something_else."
                             : "Remove one of them, or give it another name.",
                         files.line(statement.position.file, statement.position.line)});
    }
}

std::optional<sql::RelationName> relation_made(const sql::Statement& statement) {
    if (const auto* view = std::get_if<sql::ViewStatement>(&statement.body)) return view->name;
    const auto* plain = std::get_if<sql::PlainStatement>(&statement.body);
    return plain ? plain->relation : std::nullopt;
}

sql::RelationName in_first_schema(const sql::RelationName& name, const sql::Scope& scope) {
    return {name.schema.empty() ? scope.search_path.front() : name.schema, name.name};
}

// A mistake in a stream is reported once: statements of later files that read it are not wrong.
void declare_relations_of(const PipelineFile& file, const sql::Scope& scope,
                          std::vector<sql::Stream>& known, std::set<sql::RelationName>& made) {
    for (const sql::DeclaredRelation& declared : sql::relations_declared_in(file.text, file.path)) {
        if (!declared.is_stream) {
            made.insert(in_first_schema(declared.name, scope));
            continue;
        }
        if (std::any_of(known.begin(), known.end(), [&](const sql::Stream& each) {
                return in_first_schema(each.name, scope) == in_first_schema(declared.name, scope);
            }))
            continue;
        known.emplace_back();
        known.back().name = declared.name;
    }
}

}  // namespace

std::string PipelineFiles::described() const {
    std::string text;
    for (const PipelineFile& file : files)
        text += (text.empty() ? "" : ", ") + file.path;
    return text;
}

bool PipelineFiles::contains(const std::string& path) const {
    return std::any_of(files.begin(), files.end(),
                       [&](const PipelineFile& file) { return file.path == path; });
}

std::string PipelineFiles::line(const std::string& path, int number) const {
    for (const PipelineFile& file : files) {
        if (file.path != path) continue;
        std::istringstream lines(file.text);
        std::string line;
        for (int i = 0; i < number; ++i)
            if (!std::getline(lines, line)) return "";
        return line;
    }
    return "";
}

PipelineFiles read_pipeline_files(const std::vector<std::string>& paths) {
    PipelineFiles result;
    for (const std::string& path : paths)
        for (const fs::path& file : expand(path)) {
            const std::string name = file.lexically_normal().string();
            if (!result.contains(name)) result.files.push_back({name, read_text(file)});
        }
    return result;
}

std::vector<std::string> files_without_statement(const PipelineFiles& files,
                                                 const sql::Pipeline& pipeline) {
    std::vector<std::string> empty;
    for (const PipelineFile& file : files.files)
        if (std::none_of(pipeline.statements.begin(), pipeline.statements.end(),
                         [&](const sql::Statement& statement) {
                             return statement.position.file == file.path;
                         }))
            empty.push_back(file.path + " contains no statement");
    return empty;
}

sql::Pipeline parse_files(const PipelineFiles& files, std::vector<sql::Stream> known,
                          const sql::Scope& scope) {
    std::set<sql::RelationName> made;  // by the files before
    const sql::Scope with_made{scope.search_path, [&](const sql::RelationName& name) {
                                   return made.contains(name) ||
                                          (scope.exists && scope.exists(name));
                               }};
    sql::Pipeline whole;
    std::vector<sql::Diagnostic> wrong;
    for (const PipelineFile& file : files.files) {
        try {
            sql::Pipeline pipeline = sql::parse_pipeline(file.text, file.path, known, with_made);
            if (const auto text = with_schemas(file, pipeline))
                pipeline = sql::parse_pipeline(*text, file.path, known, with_made);
            for (sql::Statement& statement : pipeline.statements) {
                if (const auto* stream = std::get_if<sql::Stream>(&statement.body))
                    known.push_back(*stream);
                else if (const auto name = relation_made(statement))
                    made.insert(in_first_schema(*name, scope));
                whole.statements.push_back(std::move(statement));
            }
        } catch (const sql::PipelineError& error) {
            wrong.insert(wrong.end(), error.diagnostics().begin(), error.diagnostics().end());
            declare_relations_of(file, scope, known, made);
        }
    }
    refuse_shared_names(whole, files, wrong);
    if (!wrong.empty()) throw sql::PipelineError(std::move(wrong));
    return whole;
}

}  // namespace tidewheel::apply
