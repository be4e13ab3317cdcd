#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace tidewheel::testing {

// A child process (one of our programs, or a server's script) in a process group of its own. When
// it ends, or at the end of the object, the rest of the group is killed; the kernel kills the
// child, too, when the thread that started it dies, so a crashed test leaves nothing behind.
class Process {
  public:
    // environment: "NAME=value", added to ours. Standard output and error go to files that output()
    // and errors() read. Throws Error when the program can't be run.
    Process(std::vector<std::string> arguments, std::vector<std::string> environment = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void signal(int number);  // to the child alone; nothing happens when it has ended
    // The exit status, or 128 + n after signal n. Throws with the child's last words when it still
    // runs at the deadline.
    int wait(std::chrono::milliseconds deadline = std::chrono::seconds(60));
    bool running();
    bool stopped() const;  // by SIGSTOP
    int pid() const { return pid_; }
    std::string output() const;
    std::string errors() const;

  private:
    bool collect(bool block);

    std::string name_;
    std::string directory_;
    int pid_ = -1;
    int status_ = -1;
    bool finished_ = false;
};

// Runs a program to its end.
struct Finished {
    int status;
    std::string output, errors;
};
Finished run(std::vector<std::string> arguments, std::vector<std::string> environment = {},
             std::chrono::milliseconds deadline = std::chrono::seconds(60));

// How often a text has another one in it; of a log, say.
int occurrences(const std::string& text, const std::string& what);

// The path of one of our programs: in TIDEWHEEL_BIN when that is set, else in this build.
std::string program(const std::string& name);

}  // namespace tidewheel::testing
