#pragma once
#include <stdexcept>
#include <string>
#include <utility>

namespace tidewheel {

// A failure outside of the data (a server, a file, a setting), thrown. Bad data is never thrown: it
// is a value (see result.hpp). The message says what happened and to which object; the hint, when
// there is one, says what to do.
class Error : public std::runtime_error {
  public:
    enum class Kind {
        setting,   // the user's setting or argument is wrong: never retried
        pipeline,  // the pipeline file is wrong: never retried
        refused,   // the server understood and refused (permission, wrong password, missing object)
        unavailable,  // the server is down, overloaded or busy: retry later
        fenced,       // another owner has taken over: drop what is in memory, do not retry
    };

    explicit Error(Kind kind, const std::string& what, std::string hint = {})
        : std::runtime_error(what), kind_(kind), hint_(std::move(hint)) {}

    Kind kind() const { return kind_; }
    bool retryable() const { return kind_ == Kind::unavailable; }
    const std::string& hint() const { return hint_; }

  private:
    Kind kind_;
    std::string hint_;
};

// What every program of Tidewheel exits with; documented in docs/reference/exit-codes.md.
enum class ExitCode : int {
    ok = 0,
    difference = 1,   // `verify` found rows that differ
    usage = 2,        // a flag, setting, argument or password is wrong
    pipeline = 3,     // the pipeline file is wrong, or an incompatible change was refused
    refused = 4,      // a server refused us: permission, missing object
    unavailable = 5,  // a server is unavailable
    unchecked = 6,    // `verify` found no difference, and could not compare all
    internal = 70,    // a defect in Tidewheel
};

ExitCode exit_code(const Error& error);

}  // namespace tidewheel
