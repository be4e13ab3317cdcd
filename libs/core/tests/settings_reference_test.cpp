#include "tidewheel/core/settings_reference.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/settings_table.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Every setting has its own flag, variable and help") {
    std::set<std::string> flags, variables;
    for (const auto& setting : settings_table()) {
        CHECK(flags.insert(setting.flag()).second);
        CHECK(variables.insert(setting.environment()).second);
        CHECK_FALSE(setting.help.empty());
        CHECK_FALSE(setting.unit.empty());
    }
    CHECK(flags.count("--database-password-file") == 1);
    CHECK(variables.count("TIDEWHEEL_BATCH_ROWS") == 1);
}

TEST_CASE("The reference page of the settings is the generated one") {
    const std::string page = TIDEWHEEL_SOURCE_DIR "/docs/reference/settings.md";
    if (std::getenv("TIDEWHEEL_UPDATE_DOCS")) std::ofstream(page) << settings_as_markdown();
    CHECK(read_file(page) == settings_as_markdown());
}

TEST_CASE("The reference page of the exit codes names each of them") {
    const std::string page = read_file(TIDEWHEEL_SOURCE_DIR "/docs/reference/exit-codes.md");
    for (const auto code : {ExitCode::ok, ExitCode::difference, ExitCode::usage, ExitCode::pipeline,
                            ExitCode::refused, ExitCode::unavailable, ExitCode::internal}) {
        CHECK_THAT(page, ContainsSubstring("| " + std::to_string(static_cast<int>(code)) + " |"));
    }
}
