#include "cli/database_list.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/core/validate.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;

constexpr int exit_status_of_stop = 5;  // as of a timeout: it can be run again

struct Listed {
    std::string url, address;
};

std::string address_of(const std::string& url, const std::string& path, int line) {
    try {
        return postgres::address_in_words(url);
    } catch (const Error& error) {
        throw Error(Error::Kind::setting,
                    path + ", line " + std::to_string(line) + ": " + error.what(), error.hint());
    }
}

// Connection strings, one a line; empty lines and those that begin with # aside.
std::vector<Listed> read_list(const std::string& path) {
    const std::string hint =
        "The file of --databases has one connection string a line; a comment begins with #.";
    std::ifstream file(path);
    std::vector<Listed> list;
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        const auto first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#') continue;
        const std::string url = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
        list.push_back({url, address_of(url, path, number)});
        if (std::ranges::count(list, url, &Listed::url) > 1)
            throw Error(Error::Kind::setting,
                        path + " names a database twice: " + list.back().address, hint);
    }
    if (!file.eof()) throw Error(Error::Kind::setting, "can't read " + path, hint);
    if (list.empty()) throw Error(Error::Kind::setting, path + " names no database", hint);
    return list;
}

// While it is there, what is written to the stream is kept.
class Captured {
  public:
    explicit Captured(std::ostream& out) : out_(out), shown_(out.rdbuf(text_.rdbuf())) {}
    ~Captured() { out_.rdbuf(shown_); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::ostream& out_;
    std::streambuf* shown_;
};

// What became of one database.
struct Outcome {
    std::optional<int> status;  // nullopt: it wasn't tried
    Json result;                // what it printed, with --json
    Json error;                 // what it threw

    bool failed() const { return status.value_or(0) != 0; }
};

class SeveralRuns {
  public:
    SeveralRuns(Context& context, const Settings& given, std::vector<Listed> databases)
        : context_(context),
          given_(given),
          databases_(std::move(databases)),
          outcomes_(databases_.size()) {}

    int run() {
        if (context_.precondition && !holds_everywhere()) return report();
        const bool goes_on = context_.several == SeveralDatabases::each;
        for (std::size_t i = 0; i < databases_.size(); ++i) {
            select(i);
            if (!context_.json) context_.out << (i > 0 ? "\n" : "") << name(i) << '\n';
            outcomes_[i] = attempt(i, context_.action);
            if ((outcomes_[i].failed() && !goes_on) || stop_was_requested()) break;
        }
        return report();
    }

  private:
    std::string name(std::size_t i) const {
        return "database " + std::to_string(i + 1) + " of " + std::to_string(databases_.size()) +
               ", " + databases_[i].address;
    }

    void select(std::size_t i) {
        context_.settings = given_;
        context_.settings.database = databases_[i].url;
        validate(context_.settings);
        context_.share =
            catalogue::Share{static_cast<int>(i) + 1, static_cast<int>(databases_.size())};
    }

    bool holds_everywhere() {
        for (std::size_t i = 0; i < databases_.size(); ++i) {
            select(i);
            const auto look = [&] { return context_.precondition(), 0; };
            if (Outcome outcome = attempt(i, look); outcome.failed()) {
                outcomes_[i] = std::move(outcome);
                return false;
            }
        }
        return true;
    }

    Outcome attempt(std::size_t i, const std::function<int()>& what) {
        Outcome outcome;
        std::optional<Captured> captured;
        if (context_.json) captured.emplace(context_.out);
        try {
            outcome.status = what();
        } catch (const std::exception& failure) {
            outcome.status = exit_status_of(failure);
            outcome.error = *failure_as_json(failure).find("error");
            if (!context_.json) tell_of(failure, i);
        }
        if (captured) outcome.result = Json::parse(captured->text()).value_or(Json());
        return outcome;
    }

    void tell_of(const std::exception& failure, std::size_t i) {
        context_.out.flush();
        context_.err << "tidewheel: in " << name(i) << ":\n";
        report_failure(failure, false, context_.err);
    }

    int report() const {
        const auto first = std::ranges::find_if(outcomes_, &Outcome::failed);
        const bool failed = first != outcomes_.end();
        const bool stopped = !outcomes_.back().status && !failed;
        if (context_.json)
            print_json();
        else if (stopped || (failed && context_.several == SeveralDatabases::until_failure))
            tell_where();
        return failed ? *first->status : stopped ? exit_status_of_stop : 0;
    }

    void tell_where() const {
        std::vector<int> done, failed, untried;
        for (std::size_t i = 0; i < outcomes_.size(); ++i)
            (!outcomes_[i].status    ? untried
             : outcomes_[i].failed() ? failed
                                     : done)
                .push_back(static_cast<int>(i) + 1);
        const auto numbers = [](const std::vector<int>& of) {
            return of.empty() ? "none" : ranges(of, ", ");
        };
        context_.err << "tidewheel: of "
                     << plural(static_cast<long long>(outcomes_.size()), "database")
                     << ", done: " << numbers(done) << "; failed: " << numbers(failed)
                     << "; not tried: " << numbers(untried) << '\n';
        if (!done.empty())
            context_.err << "hint: Run the same command again: what is done stays as it is.\n";
    }

    void print_json() const {
        Json list = Json::array();
        for (std::size_t i = 0; i < outcomes_.size(); ++i) {
            Json one = Json::object();
            one.set("number", static_cast<int>(i) + 1)
                .set("database", databases_[i].address)
                .set("exit_status", outcomes_[i].status);
            if (!outcomes_[i].result.is_null()) one.set("result", outcomes_[i].result);
            if (!outcomes_[i].error.is_null()) one.set("error", outcomes_[i].error);
            list.push(std::move(one));
        }
        print(context_.out, Json::object().set("databases", list));
    }

    Context& context_;
    const Settings& given_;
    std::vector<Listed> databases_;
    std::vector<Outcome> outcomes_;
};

}  // namespace

void choose_databases(Context& context, std::span<const char* const> arguments) {
    const auto has = [&](const std::string& flag) {
        return std::ranges::any_of(arguments, [&](const std::string& argument) {
            return argument == flag || argument.starts_with(flag + "=");
        });
    };
    if (!has("--database") || context.settings.databases.empty()) return;
    if (has("--databases"))
        throw Error(Error::Kind::setting, "--database and --databases are both given",
                    "Leave one of them out.");
    context.settings.databases.clear();
    context.notes.emplace_back(
        "--database is given, so the list of TIDEWHEEL_DATABASES isn't used");
}

int run_on_databases(Context& context, const Settings& given) {
    if (given.databases.empty() || context.several == SeveralDatabases::refused)
        return context.action();
    return SeveralRuns(context, given, read_list(given.databases)).run();
}

}  // namespace tidewheel::cli
