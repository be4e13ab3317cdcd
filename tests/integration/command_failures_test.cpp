// A command that changes what runs, and dies or freezes in the middle of it, has done all of it or
// nothing, and blocks others only briefly.
#include <csignal>

#include "numbers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// The pipeline of `Numbers` in other words, which store and count the same.
constexpr const char* reworded = R"(
    CREATE FOREIGN TABLE numbers (n integer NOT NULL CHECK (n >= 0)) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
    CREATE TABLE stored (n integer);
    INSERT INTO stored SELECT n FROM numbers WHERE n >= 0;
    CREATE MATERIALIZED VIEW totals AS SELECT n % 7 AS rest, count(*) AS n, sum(n) AS total FROM numbers GROUP BY 1;)";
constexpr const char* recounted = R"(
    CREATE FOREIGN TABLE numbers (n integer NOT NULL CHECK (n >= 0)) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
    CREATE TABLE stored (n integer);
    INSERT INTO stored SELECT n FROM numbers;
    CREATE MATERIALIZED VIEW totals AS SELECT n % 7 AS rest, count(*) AS n, sum(n) AS total, max(n) AS largest FROM numbers GROUP BY 1;)";

struct Command {
    std::string name;
    std::function<std::vector<std::string>(const Numbers&)> words;
    std::vector<std::string> undo{};  // what leaves figures that can be checked; may be empty
    std::string pass = "@1";          // the commit that matters
    std::string first{};              // SQL
};

std::vector<Command> commands() {
    const auto always = [](std::vector<std::string> words) {
        return [words](const Numbers&) { return words; };
    };
    const auto apply = [](const char* pipeline, std::vector<std::string> options) {
        return [=](const Numbers& numbers) {
            std::vector<std::string> words{"apply", numbers.file(pipeline)};
            words.insert(words.end(), options.begin(), options.end());
            return words;
        };
    };
    return {
        {"pause", always({"pause", "stored"}), {"resume", "stored"}},
        {"reset",
         always({"reset", "stored", "--to", "earliest", "--allow-duplicates", "--yes"}),
         {},
         "@2",
         "TRUNCATE stored"},
        {"drop", always({"drop", "totals", "--yes"}), {"apply"}, "@2"},
        {"apply", apply(reworded, {})},
        {"apply --rebuild", apply(recounted, {"--rebuild"}), {}, "@2"},
        {"rebuild", always({"rebuild", "totals"})},
    };
}

std::unique_ptr<Process> start(const Numbers& numbers, const Command& command,
                               const std::string& failure) {
    return numbers.start_command(
        command.words(numbers),
        {"TIDEWHEEL_FAILPOINTS=" + (failure.empty() ? "" : failure + command.pass)});
}

void undo(const Numbers& numbers, const Command& command) {
    if (command.undo.empty()) return;
    std::vector<std::string> words = command.undo;
    if (words.front() == "apply") words.push_back(numbers.file(Numbers::pipeline));
    numbers.must(words);
}

// What a command may change.
std::string catalogue(const Numbers& numbers) {
    return numbers.value(
        "SELECT string_agg(concat_ws(' ', s.name, s.text, paused_at IS NOT NULL, p.next_offset,"
        " to_regclass(s.state_table)::oid), '; ' ORDER BY s.name) FROM tidewheel.statements s"
        " JOIN tidewheel.progress p ON p.statement_id = s.id WHERE s.rebuilds IS NULL");
}

}  // namespace

TEST_CASE("a command that is killed before its commit has changed nothing, after it everything") {
    for (const Command& command : commands()) {
        INFO(command.name);
        Numbers numbers;
        numbers.send_more();
        {
            auto worker = numbers.start_alone("tidewheel-worker"),
                 aggregator = numbers.start_alone("tidewheel-aggregator");
            numbers.catch_up();
        }
        if (!command.first.empty()) numbers.query(command.first);
        const std::string before = catalogue(numbers);
        CHECK(start(numbers, command, "before_change=kill")->wait() == 128 + SIGKILL);
        CHECK(catalogue(numbers) == before);
        CHECK(start(numbers, command, "after_change=kill")->wait() == 128 + SIGKILL);
        CHECK(catalogue(numbers) != before);
        undo(numbers, command);
        auto worker = numbers.start_alone("tidewheel-worker"),
             aggregator = numbers.start_alone("tidewheel-aggregator");
        numbers.send_more();
        numbers.catch_up();
        CHECK(numbers.difference() == "");
    }
}

namespace {

// A command that has stopped with everything in its hands, beside services at work.
class Freeze {
  public:
    explicit Freeze(Command command) : command_(std::move(command)) {
        for (const char* service : {"tidewheel-worker", "tidewheel-aggregator"})
            services_.push_back(numbers_.start_alone(service));
        numbers_.send_more();
        numbers_.catch_up();
        process_ = start(numbers_, command_, "before_change=stop");
        eventually(command_.name + " freezes", [&] { return process_->stopped(); });
        numbers_.send_more();
    }
    const std::string& name() const { return command_.name; }
    Numbers& numbers() { return numbers_; }
    void thaw() { process_->signal(SIGCONT); }
    // Its exit status, and what it said.
    std::pair<int, std::string> end() {
        const int status = process_->wait();
        return {status, process_->output() + process_->errors()};
    }

  private:
    Command command_;
    Numbers numbers_;
    std::vector<std::unique_ptr<Process>> services_;
    std::unique_ptr<Process> process_;
};

}  // namespace

TEST_CASE(
    "a command that freezes in the middle of its change keeps services waiting for half a "
    "minute at most") {
    std::vector<std::unique_ptr<Freeze>> freezes;
    for (const Command& command : commands())
        freezes.push_back(std::make_unique<Freeze>(command));
    for (const auto& each : freezes) {
        INFO(each->name());
        each->numbers().catch_up();
        CHECK(each->numbers().difference() == "");
    }
    for (const auto& each : freezes) {
        INFO(each->name());
        each->thaw();
        const auto [status, said] = each->end();
        INFO(said);
        CHECK(status == 5);
        each->numbers().send_more();
        each->numbers().catch_up();
        CHECK(each->numbers().difference() == "");
    }
}
