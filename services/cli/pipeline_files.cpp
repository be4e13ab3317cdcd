#include "cli/pipeline_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "tidewheel/core/error.hpp"

namespace tidewheel::cli {
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
                    "name the pipeline's files or the folder that holds them");
    return text;
}

// A file is only the judge of its own names; across files it is ours to say that two statements
// bear one.
void refuse_shared_names(const sql::Pipeline& pipeline, const PipelineFiles& files,
                         std::vector<sql::Diagnostic>& wrong) {
    std::map<std::string, const sql::Statement*> seen;
    for (const sql::Statement& statement : pipeline.statements) {
        if (std::holds_alternative<sql::PlainStatement>(statement.body)) continue;
        const auto [first, is_new] = seen.emplace(statement.name, &statement);
        const sql::Position& earlier = first->second->position;
        if (is_new || earlier.file == statement.position.file) continue;
        wrong.push_back({statement.position,
                         "there is a statement " + statement.name + " already, at " + earlier.file +
                             ":" + std::to_string(earlier.line),
                         "give this one a name of its own: -- name: something_else",
                         files.line(statement.position.file, statement.position.line)});
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

sql::Pipeline parse_files(const PipelineFiles& files, std::vector<sql::Stream> known) {
    sql::Pipeline whole;
    std::vector<sql::Diagnostic> wrong;
    for (const PipelineFile& file : files.files) {
        try {
            sql::Pipeline pipeline = sql::parse_pipeline(file.text, file.path, known);
            for (sql::Statement& statement : pipeline.statements) {
                if (const auto* stream = std::get_if<sql::Stream>(&statement.body))
                    known.push_back(*stream);
                whole.statements.push_back(std::move(statement));
            }
        } catch (const sql::PipelineError& error) {
            wrong.insert(wrong.end(), error.diagnostics().begin(), error.diagnostics().end());
        }
    }
    refuse_shared_names(whole, files, wrong);
    if (!wrong.empty()) throw sql::PipelineError(std::move(wrong));
    return whole;
}

}  // namespace tidewheel::cli
