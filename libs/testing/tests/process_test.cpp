#include "tidewheel/testing/process.hpp"

#include <csignal>
#include <cstdlib>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;

TEST_CASE("a program's exit status, output and errors come back apart") {
    const Finished finished = run({"sh", "-c", "echo out; echo err >&2; exit 7"});
    CHECK(finished.status == 7);
    CHECK(finished.output == "out\n");
    CHECK(finished.errors == "err\n");
}

TEST_CASE("a program that a signal ended reports 128 plus its number") {
    Process process({"sleep", "60"});
    process.signal(SIGTERM);
    CHECK(process.wait() == 128 + SIGTERM);
    CHECK_FALSE(process.running());
    CHECK(process.wait() == 128 + SIGTERM);
}

TEST_CASE("a program that is stopped is seen to be, and goes on") {
    Process process({"sleep", "60"});
    CHECK_FALSE(process.stopped());
    process.signal(SIGSTOP);
    eventually("it is stopped", [&] { return process.stopped(); });
    process.signal(SIGCONT);
    eventually("it goes on", [&] { return !process.stopped(); });
}

TEST_CASE("an added variable replaces the inherited one") {
    ::setenv("TIDEWHEEL_PROCESS_TEST", "old", 1);
    CHECK(run({"sh", "-c", "echo $TIDEWHEEL_PROCESS_TEST"}).output == "old\n");
    CHECK(
        run({"sh", "-c", "echo $TIDEWHEEL_PROCESS_TEST"}, {"TIDEWHEEL_PROCESS_TEST=new"}).output ==
        "new\n");
    CHECK_FALSE(run({"sh", "-c", "echo $HOME$PATH"}).output == "\n");
}

TEST_CASE("a program that is not there is an error that names it") {
    CHECK_THROWS_WITH(Process({"/nowhere/program"}),
                      ContainsSubstring("/nowhere/program: No such file"));
}

TEST_CASE("waiting for a program that doesn't end fails with its last words") {
    Process process({"sh", "-c", "echo still here; exec sleep 60"});
    eventually("it has spoken", [&] { return !process.output().empty(); });
    CHECK_THROWS_WITH(process.wait(milliseconds(1)), ContainsSubstring("still here"));
    CHECK(process.running());
}

TEST_CASE("the end of a Process is the end of everything it started") {
    int grandchild = 0;
    {
        Process process({"sh", "-c", "sleep 60 & echo $!; wait"});
        eventually("the grandchild's pid is there",
                   [&] { return process.output().ends_with('\n'); });
        grandchild = std::stoi(process.output());
        REQUIRE(::kill(grandchild, 0) == 0);
    }
    eventually("the grandchild is gone", [&] {
        return run({"grep", "-q", "^State:[[:space:]]*[^ZX[:space:]]",
                    "/proc/" + std::to_string(grandchild) + "/status"})
                   .status != 0;
    });
}

TEST_CASE("a child inherits none of our files and none of our blocked signals") {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    const std::string mask = run({"grep", "SigBlk", "/proc/self/status"}).output;
    sigprocmask(SIG_SETMASK, &before, nullptr);
    CHECK_THAT(mask, ContainsSubstring("0000000000000000"));
    std::FILE* held = std::fopen("/dev/zero", "r");
    CHECK(run({"sh", "-c", "ls -l /proc/$$/fd | grep -c /dev/zero"}).output == "0\n");
    std::fclose(held);
}
