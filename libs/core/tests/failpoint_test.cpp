#include "tidewheel/core/failpoint.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Armed {
    explicit Armed(std::string_view specification) { arm_failpoints(specification); }
    ~Armed() { arm_failpoints(""); }
    Armed(const Armed&) = delete;
    Armed& operator=(const Armed&) = delete;
};

// Which of so many passes of before_commit fail: "..x."
std::string passes(int count) {
    std::string shape;
    for (int i = 0; i < count; ++i) {
        try {
            failpoint("before_commit");
            shape += '.';
        } catch (const Error& error) {
            CHECK(error.kind() == Error::Kind::unavailable);
            CHECK(std::string(error.what()) == "failpoint before_commit");
            shape += 'x';
        }
    }
    return shape;
}

// How a child ends that passes before_commit: the signal, 0 for none.
int signal_of_a_child(std::string_view specification) {
    const pid_t child = fork();
    if (child == 0) {
        arm_failpoints(specification);
        failpoint("before_commit");
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    if (!WIFSTOPPED(status)) return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return WSTOPSIG(status);
}

std::string complaint(std::string_view specification) {
    try {
        const Armed armed(specification);
    } catch (const Error& error) {
        arm_failpoints("");
        CHECK(error.kind() == Error::Kind::setting);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a failpoint fails at every pass, at one, from one on, or not at all") {
    CHECK(passes(3) == "...");
    CHECK_FALSE(failpoints_armed);
    const auto [specification, shape] = GENERATE(table<std::string, std::string>({
        {"before_commit=error", "xxxxx"},
        {"before_commit=error@3", "..x.."},
        {"before_commit=error@3+", "..xxx"},
        {"after_copy=error;before_commit=error@1;", "x...."},
        {"after_commit=error", "....."},
        {"before_commit=error;before_commit=none", "....."},
    }));
    const Armed armed(specification);
    CHECK(passes(5) == shape);
}

TEST_CASE("a share of the passes fails, the same ones for the same seed") {
    const auto draw = [](std::string_view specification) {
        const Armed armed(specification);
        return passes(400);
    };
    const std::string shape = draw("before_commit=error%10;seed=7");
    const auto failed = std::count(shape.begin(), shape.end(), 'x');
    CHECK(failed > 15);
    CHECK(failed < 75);
    CHECK(draw("before_commit=error%10;seed=7") == shape);
    CHECK(draw("before_commit=error%10;seed=8") != shape);
}

TEST_CASE("kill and stop reach the process itself") {
    CHECK(signal_of_a_child("before_commit=kill") == SIGKILL);
    CHECK(signal_of_a_child("before_commit=stop") == SIGSTOP);
    CHECK(signal_of_a_child("before_commit=kill@2") == 0);
}

TEST_CASE("what can't be read is refused by its name, and the names there are come along") {
    CHECK_THAT(complaint("before_comit=kill"),
               ContainsSubstring("'before_comit' is not a known failpoint") &&
                   ContainsSubstring("before_commit"));
    CHECK_THAT(complaint("before_commit=explode"),
               ContainsSubstring("'explode' is not a known action") && ContainsSubstring("hang"));
    for (const char* wrong : {"before_commit", "before_commit=kill@", "before_commit=kill@0",
                              "before_commit=kill@x", "before_commit=error%", "seed=no"})
        CHECK_THAT(complaint(wrong), ContainsSubstring("TIDEWHEEL_FAILPOINTS"));
}

TEST_CASE("the environment arms them") {
    setenv("TIDEWHEEL_FAILPOINTS", "before_commit=error@2", 1);
    arm_failpoints_from_environment();
    unsetenv("TIDEWHEEL_FAILPOINTS");
    CHECK(passes(3) == ".x.");
    arm_failpoints("");
}
