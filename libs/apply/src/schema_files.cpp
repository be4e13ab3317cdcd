#include "schema_files.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tidewheel/codec/avro_decoder.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::apply {
namespace {

namespace fs = std::filesystem;

// A path begins with none of the characters that JSON begins with.
bool is_path(const std::string& schema) {
    return !schema.empty() && std::string_view("{[\"").find(schema[0]) == std::string_view::npos;
}

std::string quoted(const std::string& text) {
    std::string literal = "'";
    for (const char c : text)
        literal += c == '\'' ? "''" : std::string(1, c);
    return literal + "'";
}

std::string read_schema(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad())
        throw Error(Error::Kind::setting, "can't read the schema " + path.string(),
                    "The option schema names a file, from the folder of the pipeline file on.");
    return text;
}

// On one line, so that the lines of the pipeline file keep their numbers.
std::string one_line(const std::string& text) {
    const auto json = codec::Json::parse(text);
    return json ? json->dump() : text;
}

void require_schema(const sql::Stream& stream, const std::string& text, const std::string& where) {
    const std::string fault = codec::fault_of_avro_schema(text);
    if (fault.empty()) return;
    throw Error(Error::Kind::pipeline,
                "the schema of stream " + stream.name.text() + where + " can't be used: " + fault,
                "The option schema is the path of a file with the schema of a record of Avro "
                "(.avsc), or that schema itself.");
}

// The word before a place in a text.
std::string word_before(const std::string& text, std::size_t at) {
    const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    while (at > 0 && is_space(text[at - 1]))
        --at;
    std::string word;
    for (; at > 0 && std::isalpha(static_cast<unsigned char>(text[at - 1])); --at)
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(text[at - 1])));
    std::ranges::reverse(word);
    return word;
}

// The literal behind the word schema, in the text of a statement.
void replace_option(std::string& text, const std::string& literal, const std::string& schema) {
    for (auto at = text.find(literal); at != std::string::npos; at = text.find(literal, at + 1))
        if (word_before(text, at) == "schema") {
            text.replace(at, literal.size(), schema);
            return;
        }
}

}  // namespace

std::optional<std::string> with_schemas(const PipelineFile& file, const sql::Pipeline& pipeline) {
    std::optional<std::string> whole;
    for (const sql::Statement& statement : pipeline.statements) {
        const auto* stream = std::get_if<sql::Stream>(&statement.body);
        if (!stream || stream->schema.empty()) continue;
        if (!is_path(stream->schema)) {
            require_schema(*stream, stream->schema, "");
            continue;
        }
        const fs::path path = fs::path(file.path).parent_path() / stream->schema;
        const std::string schema = read_schema(path);
        require_schema(*stream, schema, " in " + path.string());
        if (!whole) whole = file.text;
        replace_option(*whole, quoted(stream->schema), quoted(one_line(schema)));
    }
    return whole;
}

}  // namespace tidewheel::apply
