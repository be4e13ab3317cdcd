// A pipeline file. What is accepted must be readable out of the catalogue later, a statement at a
// time, and mean the same; what is refused must be so with a place in the file.
#include <algorithm>

#include "fuzz.hpp"
#include "tidewheel/sql/pipeline.hpp"

using namespace tidewheel;
using fuzz::require;

namespace {

std::vector<sql::Stream> streams_of(const sql::Pipeline& pipeline) {
    std::vector<sql::Stream> streams;
    for (const sql::Statement& each : pipeline.statements)
        if (const auto* stream = std::get_if<sql::Stream>(&each.body)) streams.push_back(*stream);
    return streams;
}

// As the catalogue reads it: a stream alone, anything else with the stream that it reads.
sql::Statement read_again(const sql::Statement& statement,
                          const std::vector<sql::Stream>& streams) {
    try {
        return sql::parse_statement(statement.text, streams);
    } catch (const Error& error) {
        require(false, std::string("taken once, then refused: ") + error.what());
        throw;
    }
}

std::vector<sql::Stream> read_by(const sql::Statement& statement,
                                 const std::vector<sql::Stream>& streams) {
    if (!statement.stream) return {};
    const auto stream = std::find_if(streams.begin(), streams.end(), [&](const auto& each) {
        return each.name.name == statement.stream->name;
    });
    require(stream != streams.end(), "it reads a stream that there is none: " + statement.text);
    return {*stream};
}

void check_statement(const sql::Statement& statement, const std::vector<sql::Stream>& streams) {
    require(!statement.name.empty(), "a statement without a name: " + statement.text);
    if (std::holds_alternative<sql::PlainStatement>(statement.body)) return;
    const std::vector<sql::Stream> read = read_by(statement, streams);
    const sql::Statement again = read_again(statement, read);
    require(again.fingerprint == statement.fingerprint, "another fingerprint: " + statement.text);
    require(again.body.index() == statement.body.index(), "another kind: " + statement.text);
    for (const sql::Stream& stream : read)
        for (const int partition : sql::partitions_read(statement, stream))
            require(partition >= 0 && partition < stream.partitions, "a partition out of range");
}

void check_refusal(std::string_view text, const sql::PipelineError& error) {
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    require(!error.diagnostics().empty(), "refused without a reason");
    for (const sql::Diagnostic& each : error.diagnostics()) {
        require(!each.what.empty(), "refused without a reason");
        require(each.position.line >= 1 && each.position.line <= lines && each.position.column >= 1,
                "a place outside of the file: " + each.text());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    try {
        const sql::Pipeline pipeline = sql::parse_pipeline(text, "fuzz.sql");
        const std::vector<sql::Stream> streams = streams_of(pipeline);
        for (const sql::Statement& each : pipeline.statements)
            check_statement(each, streams);
    } catch (const sql::PipelineError& error) {
        check_refusal(text, error);
    }
    return 0;
}
