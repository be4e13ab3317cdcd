#include "tidewheel/testing/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "descriptor.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::testing {
namespace {

Descriptor open_file(const std::string& path, int flags) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (number < 0) fail("can't open " + path);
    return Descriptor(number);
}

std::string make_directory() {
    std::string path =
        (std::filesystem::temp_directory_path() / "tidewheel-process-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) fail("can't create " + path);
    return path;
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Ours, without what is replaced: of two entries of one name, getenv finds the first.
std::vector<std::string> merged_environment(std::vector<std::string> added) {
    std::vector<std::string> merged = std::move(added);
    const std::size_t replacements = merged.size();
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view inherited = *entry;
        const std::string_view name = inherited.substr(0, inherited.find('=') + 1);
        bool replaced = false;
        for (std::size_t i = 0; i < replacements; ++i)
            replaced = replaced || merged[i].starts_with(name);
        if (!replaced) merged.emplace_back(inherited);
    }
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    for (std::string& string : strings)
        list.push_back(string.data());
    list.push_back(nullptr);
    return list;
}

struct Streams {
    Descriptor input, output, errors;
};

// In the child, between fork and exec, where other threads' locks may be held for ever: system
// calls only.
[[noreturn]] void become(char* const* arguments, char* const* environment, const Streams& streams,
                         int parent, int report) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the line above
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(streams.input.number(), STDIN_FILENO);
    ::dup2(streams.output.number(), STDOUT_FILENO);
    ::dup2(streams.errors.number(), STDERR_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execvpe(arguments[0], arguments, environment);
    const int reason = errno;
    [[maybe_unused]] const ssize_t written = ::write(report, &reason, sizeof reason);
    ::_exit(127);
}

// Returns the child's pid once it runs the program.
int spawn(std::vector<std::string> arguments, std::vector<std::string> environment,
          const Streams& streams) {
    environment = merged_environment(std::move(environment));
    const std::vector<char*> argument_list = pointers(arguments);
    const std::vector<char*> environment_list = pointers(environment);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("can't make a pipe");
    Descriptor reader(ends[0]), writer(ends[1]);
    const int parent = ::getpid();
    const int pid = ::fork();
    if (pid < 0) fail("can't fork");
    if (pid == 0)
        become(argument_list.data(), environment_list.data(), streams, parent, writer.number());
    writer.close();
    int reason = 0;  // the pipe closes empty when exec succeeds
    if (::read(reader.number(), &reason, sizeof reason) == sizeof reason) {
        ::waitpid(pid, nullptr, 0);
        errno = reason;
        fail("can't run " + arguments[0]);
    }
    return pid;
}

std::string last_lines(const std::string& text) {
    constexpr std::size_t enough = 2000;
    return text.size() <= enough ? text : "…" + text.substr(text.size() - enough);
}

}  // namespace

Process::Process(std::vector<std::string> arguments, std::vector<std::string> environment)
    : name_(arguments.at(0)), directory_(make_directory()) {
    const Streams streams{open_file("/dev/null", O_RDONLY),
                          open_file(directory_ + "/output", O_WRONLY | O_CREAT | O_APPEND),
                          open_file(directory_ + "/errors", O_WRONLY | O_CREAT | O_APPEND)};
    try {
        pid_ = spawn(std::move(arguments), std::move(environment), streams);
    } catch (...) {
        std::filesystem::remove_all(directory_);
        throw;
    }
}

Process::~Process() {
    if (!finished_) {
        ::kill(pid_, SIGKILL);
        collect(true);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void Process::signal(int number) {
    if (running()) ::kill(pid_, number);
}

// The state stands behind the name, which is in brackets: "42 (name) T …".
bool Process::stopped() const {
    return contents("/proc/" + std::to_string(pid_) + "/stat").find(") T ") != std::string::npos;
}

bool Process::running() {
    return !finished_ && !collect(false);
}

// The group is killed before its leader is collected: afterwards its number may belong to somebody
// else.
bool Process::collect(bool block) {
    siginfo_t ended{};
    const int flags = WEXITED | WNOWAIT | (block ? 0 : WNOHANG);
    if (::waitid(P_PID, static_cast<id_t>(pid_), &ended, flags) != 0 || ended.si_pid == 0)
        return false;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    finished_ = true;
    return true;
}

int Process::wait(std::chrono::milliseconds deadline) {
    if (finished_) return status_;
    const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    if (handle.number() < 0) fail("can't wait for " + name_);
    pollfd ended{handle.number(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(deadline.count())) <= 0)
        throw Error(Error::Kind::unavailable,
                    name_ + " still runs after " + std::to_string(deadline.count()) +
                        " ms; its last words were:\n" + last_lines(output() + errors()));
    collect(true);
    return status_;
}

std::string Process::output() const {
    return contents(directory_ + "/output");
}

std::string Process::errors() const {
    return contents(directory_ + "/errors");
}

Finished run(std::vector<std::string> arguments, std::vector<std::string> environment,
             std::chrono::milliseconds deadline) {
    Process process(std::move(arguments), std::move(environment));
    const int status = process.wait(deadline);
    return {status, process.output(), process.errors()};
}

std::string program(const std::string& name) {
    const char* directory = std::getenv("TIDEWHEEL_BIN");
    return std::string(directory != nullptr ? directory : TIDEWHEEL_PROGRAMS) + "/" + name;
}

int occurrences(const std::string& text, const std::string& what) {
    int count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++count;
    return count;
}

}  // namespace tidewheel::testing
