#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

sql::Sink sink_in(const std::string& text) {
    const sql::Pipeline pipeline = sql::parse_pipeline(text, "p.sql");
    return std::get<sql::PlainStatement>(pipeline.statements.at(0).body).sink.value();
}

std::string refusal(const std::string& text) {
    try {
        sink_in(text);
    } catch (const sql::PipelineError& error) {
        return error.diagnostics().at(0).what;
    }
    return {};
}

}  // namespace

TEST_CASE("A foreign table of server webhook is a sink, and becomes an ordinary table") {
    const sql::Sink sink = sink_in(
        "CREATE FOREIGN TABLE s.\"T\" (a bigint NOT NULL, b numeric(10, 2) DEFAULT 1, CHECK (a > "
        "0)) "
        "SERVER webhook OPTIONS (url 'https://x/y', batch '10')");
    CHECK(sink.server == "webhook");
    CHECK(sink.name == sql::RelationName{"s", "T"});
    CHECK(sink.columns == std::vector<std::string>{"a", "b"});
    CHECK(sink.option("batch") == "10");
    CHECK(sink.option("secret").empty());
    CHECK(sink.as_table ==
          "CREATE TABLE s.\"T\" (a bigint NOT NULL, b numeric(10, 2) DEFAULT 1, CHECK (a > 0))");
}

TEST_CASE("What a sink can't be is refused") {
    const auto with = [](const std::string& columns, const std::string& options) {
        return refusal("CREATE FOREIGN TABLE t (" + columns + ") SERVER webhook OPTIONS (" +
                       options + ")");
    };
    const std::string url = "url 'http://x'";
    CHECK(with("a int", url).empty());
    CHECK_THAT(with("a int PRIMARY KEY", url), ContainsSubstring("only have NOT NULL"));
    CHECK_THAT(with("a int, a int", url), ContainsSubstring("specified twice"));
    CHECK_THAT(with("tidewheel_seq int", url), ContainsSubstring("reserved"));
    CHECK_THAT(with("a int OPTIONS (key 'true')", url), ContainsSubstring("has no options"));
    CHECK_THAT(with("a int", "url 'x'"), ContainsSubstring("is not a URL"));
    CHECK_THAT(with("a int", url + ", batch '0'"), ContainsSubstring("1 to 1000"));
    CHECK_THAT(with("a int", url + ", secret '../x'"), ContainsSubstring("is not a name"));
    CHECK_THAT(with("a int", url + ", subscribers 's'"), ContainsSubstring("needs one of"));
    CHECK_THAT(with("a int", url + ", bath '5'"), ContainsSubstring("unknown option bath"));
    CHECK_THAT(refusal("CREATE FOREIGN TABLE t (a int) SERVER mars"),
               ContainsSubstring("SERVER mars is not supported"));
}
