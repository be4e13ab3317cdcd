#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string ddl(const std::string& columns, const std::string& options) {
    return "CREATE FOREIGN TABLE s (" + columns + ") SERVER kafka OPTIONS (topic 'x', " + options +
           ")";
}

engine::CsvForm form_of(const std::string& options) {
    return last_as<Stream>(ddl("a int, n int OPTIONS (\"partition\" 'true')", options)).csv;
}

std::string refusal_of(const std::string& columns, const std::string& options) {
    return error_of(ddl(columns, options));
}

}  // namespace

TEST_CASE("A stream of CSV has the options of COPY, with its defaults") {
    CHECK(form_of("format 'csv'") == engine::CsvForm{});
    CHECK(form_of("format 'csv', delimiter E'\\t', quote '''', \"null\" '\\N', encoding 'utf-8'") ==
          engine::CsvForm{.delimiter = '\t', .quote = '\'', .escape = '\'', .null = "\\N"});
    CHECK(form_of("escape '\\', format 'csv'") ==
          engine::CsvForm{.delimiter = ',', .quote = '"', .escape = '\\', .null = ""});
    CHECK(form_of("format 'csv', null 'NULL'").null == "NULL");
}

TEST_CASE("The options of a stream of CSV are checked as COPY checks them") {
    struct Case {
        std::string options, said;
    };
    const std::vector<Case> cases = {
        {"format 'csv', source 'https://x/'", "and the format csv"},
        {"format 'csv', ingress '/a'", "ingress, which takes JSON, and the format csv"},
        {"format 'csv', schema 'a'", "a registry or a schema, and the format csv"},
        {"format 'csv', delimiter ''", "delimiter must be a single one-byte character"},
        {"format 'csv', quote 'é'", "quote must be a single one-byte character"},
        {"format 'csv', escape E'\\n'", "escape cannot be newline or carriage return"},
        {"format 'csv', \"null\" E'\\r'", "null cannot use newline or carriage return"},
        {"format 'csv', delimiter '\"'", "delimiter and quote must be different"},
        {"format 'csv', null 'a,'", "the delimiter must not appear in the null string"},
        {"format 'csv', quote 'x', null 'x'", "quote character must not appear in the"},
        {"format 'csv', encoding 'LATIN1'", "encoding 'LATIN1' is not supported"},
        {"format 'csv', header 'true'", "header is not supported: a record is a row"},
        {"format 'csv', delimeter ';'", "Did you mean delimiter?"},
        {"delimiter ';'", "has the option delimiter, and the format json"},
        {"format 'bytes', encoding 'UTF8'", "The option encoding is for the format csv"},
    };
    for (const Case& each : cases) {
        INFO(each.options);
        CHECK_THAT(refusal_of("a int", each.options), ContainsSubstring(each.said));
    }
}

TEST_CASE("Fields of CSV have no names, and are all there") {
    const std::string csv = "format 'csv'";
    CHECK_THAT(
        refusal_of("a int OPTIONS (json 'b')", csv),
        ContainsSubstring("column a takes a field by its name, but fields of the format csv"));
    CHECK_THAT(refusal_of("a int OPTIONS (path 'a.b')", csv),
               ContainsSubstring("columns take the fields of a record in their order"));
    CHECK_THAT(refusal_of("a int DEFAULT 5", csv),
               ContainsSubstring("Leave it out, and write coalesce(a, …) in the statements."));
    CHECK_THAT(refusal_of("a int OPTIONS (\"partition\" 'true')", csv),
               ContainsSubstring("stream s has the format csv, but no column for a field"));
    CHECK(last_as<Stream>(ddl("a int, k int OPTIONS (key 'true', json 'k') DEFAULT 1", csv))
              .columns.size() == 2);
}
