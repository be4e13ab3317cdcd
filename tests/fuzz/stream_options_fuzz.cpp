// The OPTIONS of a stream: a line each, "name value"; one that begins with a dot is of the column
// event_type. They are quoted here, so that every input reaches the options' own parser.
#include <algorithm>
#include <array>

#include "fuzz.hpp"
#include "tidewheel/sql/pipeline.hpp"

using namespace tidewheel;
using fuzz::require;

namespace {

std::string quoted(std::string_view text, char quote) {
    std::string all(1, quote);
    for (const char c : text) {
        if (c == quote) all += quote;
        all += c;
    }
    return all + quote;
}

struct Lists {
    std::array<std::string, 2> options;  // of the table, of the column

    void add(std::string_view line) {
        const bool of_column = line.starts_with('.');
        if (of_column) line.remove_prefix(1);
        const auto space = line.find(' ');
        if (space == 0 || space == std::string_view::npos) return;
        std::string& list = options[of_column];
        list += (list.empty() ? "" : ", ") + quoted(line.substr(0, space), '"') + " " +
                quoted(line.substr(space + 1), '\'');
    }
};

Lists lists_in(std::string_view text) {
    Lists lists;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lists.add(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lists;
}

std::string ddl(const Lists& lists) {
    const auto& [table, column] = lists.options;
    return "CREATE FOREIGN TABLE s (id integer, event_type text" +
           (column.empty() ? "" : " OPTIONS (" + column + ")") + ", ts timestamptz) SERVER kafka" +
           (table.empty() ? "" : " OPTIONS (" + table + ")") + ";";
}

bool has_column(const sql::Stream& stream, const std::string& name) {
    return std::any_of(stream.columns.begin(), stream.columns.end(),
                       [&](const sql::StreamColumn& each) { return each.name == name; });
}

void check(const sql::Stream& stream) {
    require(!stream.topic.empty(), "a stream without a topic");
    require(stream.partitions > 0, "a stream without a partition");
    require(stream.event_time.empty() || has_column(stream, stream.event_time), "no event time");
    require(stream.route.empty() || has_column(stream, stream.route), "no routing column");
    for (const auto& rule : stream.rules)
        for (const int partition : rule.partitions)
            require(partition >= 0 && partition < stream.partitions, "a route to nowhere");
    for (const sql::StreamColumn& each : stream.columns)
        require(each.source != engine::ColumnOrigin::field || !each.path.empty(),
                "a field without path");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = ddl(lists_in(fuzz::text_of(data, size)));
    try {
        const sql::Pipeline pipeline = sql::parse_pipeline(text, "fuzz.sql");
        require(pipeline.statements.size() == 1, "one statement became several: " + text);
        check(std::get<sql::Stream>(pipeline.statements[0].body));
    } catch (const sql::PipelineError& error) {
        require(!error.diagnostics().empty(), "refused without a reason");
    }
    return 0;
}
