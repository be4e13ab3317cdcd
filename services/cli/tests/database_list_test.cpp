#include "cli/database_list.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "tidewheel/testing/catch.hpp"

using Catch::Matchers::ContainsSubstring;

namespace {

struct Said {
    int status;
    std::string output, errors;
};

Said say(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tidewheel");
    std::ostringstream out, err;
    const int status =
        tidewheel::cli::run_program(static_cast<int>(arguments.size()), arguments.data(), out, err);
    return {status, out.str(), err.str()};
}

// `tidewheel status` with a list of this text.
Said status_of(const std::string& list) {
    const std::string path = std::filesystem::temp_directory_path() /
                             ("database_list_test." + std::to_string(::getpid()));
    std::ofstream(path) << list;
    Said said = say({"status", "--databases", path.c_str()});
    std::remove(path.c_str());
    return said;
}

void check_refused(const Said& said, const std::string& words) {
    INFO(said.errors);
    CHECK(said.status == 2);
    CHECK(said.output.empty());
    CHECK_THAT(said.errors, ContainsSubstring(words) && ContainsSubstring("hint: "));
}

}  // namespace

TEST_CASE("a list of databases that is wrong is refused before any of them is asked") {
    check_refused(say({"status", "--databases", "/nowhere/list"}), "can't read /nowhere/list");
    check_refused(status_of(""), " names no database");
    check_refused(status_of("# none\n\n  \n"), " names no database");
    check_refused(status_of("postgresql://db1/shop\n postgresql://db1/shop \n"),
                  " names a database twice: shop on db1");
    const Said unreadable =
        status_of("postgresql://db1/shop\npostgresql://etl:secret@word@db2/x\n");
    check_refused(unreadable, ", line 2: the host in the database URL contains @");
    CHECK_THAT(unreadable.errors, !ContainsSubstring("secret"));
}

TEST_CASE(
    "a command that works on one database refuses a list, and one that needs none ignores it") {
    for (const auto& command : std::vector<std::vector<const char*>>{{"drop", "x"},
                                                                     {"pause", "x"},
                                                                     {"rebuild", "x"},
                                                                     {"dlq", "list"},
                                                                     {"dlq", "redrive"}}) {
        std::vector<const char*> arguments = command;
        arguments.insert(arguments.end(), {"--databases", "/nowhere/list"});
        check_refused(say(arguments), "this command works on one database, not on a list");
    }
    CHECK(say({"version", "--databases", "/nowhere/list"}).status == 0);
}

TEST_CASE("a database that is named on the command line wins over a list of the environment") {
    const std::string nobody = "postgresql://127.0.0.1:1/shop";
    check_refused(say({"status", "--database", nobody.c_str(), "--databases", "/nowhere/list"}),
                  "--database and --databases are both given");
    ::setenv("TIDEWHEEL_DATABASES", "/nowhere/list", 1);
    check_refused(say({"status"}), "can't read /nowhere/list");
    const std::string flag = "--database=" + nobody;
    const Said one = say({"status", flag.c_str()});
    ::unsetenv("TIDEWHEEL_DATABASES");
    CHECK(one.status == 5);
    CHECK_THAT(one.errors, ContainsSubstring("can't connect to PostgreSQL") &&
                               ContainsSubstring("the list of TIDEWHEEL_DATABASES isn't used"));
}
