#include "cli/failure.hpp"

#include <sstream>

#include "cli/program.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/sql/diagnostic.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::cli;

TEST_CASE("an error is printed with its hint, and its kind decides the exit status") {
    std::ostringstream err;
    CHECK(
        report_failure(Error(Error::Kind::refused, "there is no catalogue", "run tidewheel apply"),
                       false, err) == 4);
    CHECK(err.str() == "tidewheel: there is no catalogue\nhint: run tidewheel apply\n");
    CHECK(report_failure(Error(Error::Kind::unavailable, "x"), false, err) == 5);
    CHECK(report_failure(std::runtime_error("x"), false, err) == 70);
}

TEST_CASE("with --json an error is one document") {
    std::ostringstream err;
    CHECK(report_failure(sql::PipelineError({{{"p.sql", 3, 7}, "no such type", "", ""}}), true,
                         err) == 3);
    const auto document = codec::Json::parse(err.str());
    REQUIRE(document);
    const codec::Json& diagnostic = document->find("error")->find("diagnostics")->items().at(0);
    CHECK(diagnostic.find("line")->integer() == 3);
    CHECK(diagnostic.find("what")->string() == "no such type");
}

TEST_CASE("a mistake on the command line exits with 2 and points to the help") {
    std::ostringstream out, err;
    const char* argv[] = {"tidewheel", "aply"};
    CHECK(run_program(2, argv, out, err) == 2);
    CHECK_THAT(err.str(),
               Catch::Matchers::ContainsSubstring(
                   "hint: Did you mean apply? tidewheel --help lists the options and commands."));
    const char* help[] = {"tidewheel", "apply", "--help"};
    CHECK(run_program(3, help, out, err) == 0);
    CHECK_THAT(out.str(), Catch::Matchers::ContainsSubstring("--dry-run"));
}

TEST_CASE("a result that isn't written to its end is a failure") {
    std::ostream full(nullptr);
    std::ostringstream err;
    const char* argv[] = {"tidewheel", "version"};
    CHECK(run_program(2, argv, full, err) == 5);
    CHECK_THAT(err.str(), Catch::Matchers::ContainsSubstring("only part"));
}
