#include "tidewheel/core/error.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::Error;
using tidewheel::exit_code;
using tidewheel::ExitCode;

TEST_CASE("Each kind of error has its exit code") {
    const auto code = [](Error::Kind kind) { return exit_code(Error(kind, "failure")); };
    CHECK(code(Error::Kind::setting) == ExitCode::usage);
    CHECK(code(Error::Kind::pipeline) == ExitCode::pipeline);
    CHECK(code(Error::Kind::refused) == ExitCode::refused);
    CHECK(code(Error::Kind::unavailable) == ExitCode::unavailable);
    CHECK(code(Error::Kind::fenced) == ExitCode::unavailable);
}

TEST_CASE("Only an unavailable server is worth a retry") {
    CHECK(Error(Error::Kind::unavailable, "away").retryable());
    CHECK_FALSE(Error(Error::Kind::refused, "no").retryable());
    CHECK_FALSE(Error(Error::Kind::fenced, "gone").retryable());
}
