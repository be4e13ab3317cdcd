#include "cli/reset.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/duplicates.hpp"
#include "cli/move.hpp"
#include "cli/question.hpp"
#include "cli/running_change.hpp"
#include "cli/table.hpp"
#include "cli/topic_reset.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/dead_letters.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Transaction;

// --to, read; asks Kafka for each partition.
class Target {
  public:
    Target(Context& context, const std::string& to)
        : kafka_(context.kafka()), admin_(kafka_), to_(to) {
        if (to == "earliest" || to == "latest") return;
        if (!to.empty() && to.size() < 19 &&
            to.find_first_not_of("0123456789") == std::string::npos) {
            offset_ = std::stoll(to);
            return;
        }
        try {
            time_ = context.connect()
                        ->query("SELECT (extract(epoch FROM $1::timestamptz) * 1000)::bigint", {to})
                        .at(0)
                        .integer(0);
        } catch (const postgres::DatabaseError& error) {
            if (!error.is_about_data()) throw;
            throw Error(Error::Kind::setting, "--to " + to + " is no place in a topic",
                        "earliest, latest, an offset, or a time such as 2026-01-31T12:00Z");
        }
    }

    bool is_offset() const { return offset_.has_value(); }

    // told: where a human was told that it goes on. There it does, as long as the topic has it, and
    // not where its end is by now.
    Goal in(const std::string& topic, int partition, std::optional<std::int64_t> told) {
        const auto [first, end] = admin_.watermarks(topic, partition);
        Goal goal{first, end, to_ == "latest" ? end : first};
        if (time_) goal.to = kafka::offset_at(kafka_, {topic, partition}, *time_).value_or(end);
        if (offset_) goal.to = *offset_;
        if (told) goal.to = std::max(first, *told);
        if (goal.to < first || goal.to > end)
            throw Error(Error::Kind::setting,
                        "topic " + topic + ", partition " + std::to_string(partition) +
                            " holds the offsets from " + std::to_string(first) + " up to " +
                            std::to_string(end) + ", and not " + std::to_string(goal.to));
        return goal;
    }

  private:
    const kafka::ClientSettings kafka_;
    kafka::Admin admin_;
    std::string to_;
    std::optional<std::int64_t> offset_, time_;  // time: milliseconds since 1970
};

std::vector<Progress> progress_of(Transaction& transaction, const std::vector<int>& statements) {
    std::vector<Progress> progress;
    for (const int id : statements)
        for (const postgres::Row& row :
             transaction.query("SELECT topic, partition, next_offset FROM tidewheel.progress WHERE "
                               "statement_id = $1 ORDER BY 2",
                               {std::to_string(id)})) {
            progress.push_back({id, row.text(0), static_cast<int>(row.integer(1)), {}});
            if (!row.is_null(2)) progress.back().next_offset = row.integer(2);
        }
    return progress;
}

std::vector<int> ids_of(const std::vector<const AppliedStatement*>& statements) {
    std::vector<int> ids;
    for (const AppliedStatement* statement : statements)
        ids.push_back(statement->id);
    return ids;
}

std::optional<std::int64_t> told_of(const std::vector<Move>& told, const Progress& progress) {
    for (const Move& move : told)
        if (move.topic == progress.topic && move.partition == progress.partition) return move.to();
    return {};
}

Goals goals_of(const std::vector<Progress>& progress, Target& target, std::optional<int> partition,
               const std::vector<Move>& told) {
    Goals goals;
    for (const Progress& each : progress)
        if (partition.value_or(each.partition) == each.partition)
            goals[{each.topic, each.partition}] =
                target.in(each.topic, each.partition, told_of(told, each));
    if (goals.empty())
        throw Error(Error::Kind::setting, "none of these statements reads partition " +
                                              std::to_string(partition.value_or(0)));
    if (target.is_offset() && goals.size() > 1)
        throw Error(Error::Kind::setting,
                    "an offset means something else in each of " +
                        plural(static_cast<long long>(goals.size()), "partition"),
                    "add --partition");
    return goals;
}

// What is read again is judged again.
void clear_the_way(Transaction& transaction, const Move& move) {
    const std::string partition = std::to_string(move.partition);
    postgres::forget_missed(transaction, move.statement, move.topic, move.partition,
                            std::min(move.from, move.to()));
    const std::vector<postgres::Parameter> behind{std::to_string(move.statement), partition,
                                                  std::to_string(move.to())};
    const std::string skipped =
        " WHERE statement_id = $1::integer AND partition = $2::integer AND ";
    transaction.query("DELETE FROM tidewheel.skipped" + skipped + "begin_offset >= $3::bigint",
                      behind);
    transaction.query("UPDATE tidewheel.skipped SET end_offset = $3::bigint" + skipped +
                          "end_offset > $3::bigint",
                      behind);
}

// A rebuild that is under way goes by where the view was: without progress it begins anew.
void forget_rebuild(Transaction& transaction, int statement) {
    transaction.query(
        "DELETE FROM tidewheel.progress WHERE statement_id IN (SELECT id FROM tidewheel.statements "
        "WHERE rebuilds = $1)",
        {std::to_string(statement)});
}

void carry_out(Transaction& transaction, const Move& move, const std::string& reason) {
    forget_rebuild(transaction, move.statement);
    clear_the_way(transaction, move);
    if (move.skipped() > 0)
        transaction.query(
            "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, "
            "end_offset, reason) VALUES ($1, $2, $3, $4, $5, $6)",
            {std::to_string(move.statement), move.topic, std::to_string(move.partition),
             std::to_string(move.from), std::to_string(move.to()), reason});
    transaction.query(
        "UPDATE tidewheel.progress SET next_offset = $3::bigint WHERE statement_id = $1::integer "
        "AND partition = $2::integer",
        {std::to_string(move.statement), std::to_string(move.partition),
         std::to_string(move.to())});
}

// What is in a table already was made by other rules, and ON CONFLICT may leave it there.
bool is_empty(Transaction& transaction, const sql::RelationName& table) {
    return transaction.query("SELECT NOT EXISTS (SELECT FROM " + table.quoted() + ")")[0].boolean(
        0);
}

// Those of `told`, or as many as are left of them; all, when nobody was told of any.
std::vector<Move> find_moves(Transaction& transaction, const postgres::Catalogue& catalogue,
                             const std::vector<int>& statements, const ResetOptions& options,
                             Target& target, const std::vector<Move>& told) {
    const std::vector<Progress> progress = progress_of(transaction, statements);
    auto moves = moves_of(progress, catalogue, goals_of(progress, target, options.partition, told));
    std::erase_if(moves, [&](const Move& move) {
        return move.is_nothing() || !(told.empty() || was_told(move, told));
    });
    require_once(
        moves, catalogue,
        [&](const postgres::StoredStatement& stored) {
            return why_twice(transaction, catalogue.stream(stored.stream_id), stored);
        },
        options.allow_duplicates);
    return moves;
}

void carry_out(Transaction& transaction, const std::vector<Move>& moves,
               const std::vector<const AppliedStatement*>& statements,
               const ResetOptions& options) {
    for (const Move& move : moves)
        carry_out(transaction, move, options.reason);
    if (options.to != "earliest" || options.partition) return;
    for (const AppliedStatement* statement : statements)
        if (is_empty(transaction, statement->target)) mark_whole(transaction, statement->id);
}

std::vector<Move> look(Context& context, const ResetOptions& options, Target& target) {
    std::vector<Move> moves;
    change_what_runs(context, [&](Transaction& transaction, const Ledger& ledger) {
        moves =
            find_moves(transaction, postgres::read_catalogue(transaction),
                       ids_of(find_statements(ledger, options.statements)), options, target, {});
    });
    return moves;
}

// The moves that were told of, as things are now; while they are done, nothing moves. Kafka is
// asked behind the locks, for a statement may have come further than the end that it told of
// before.
std::vector<Move> move_all(Context& context, const ResetOptions& options, Target& target,
                           const std::vector<Move>& told) {
    std::vector<Move> moves;
    change_what_runs(context, [&](Transaction& transaction, const Ledger& ledger) {
        const auto statements = find_statements(ledger, options.statements);
        fence_off(transaction, statements);
        moves = find_moves(transaction, postgres::read_catalogue(transaction), ids_of(statements),
                           options, target, told);
        carry_out(transaction, moves, statements, options);
    });
    return moves;
}

std::vector<std::string> words_of(const std::vector<Move>& moves) {
    std::vector<std::string> lines;
    for (const Move& move : moves)
        lines.push_back(move.words());
    return lines;
}

void report(Context& context, const std::vector<Move>& moves, bool dry_run) {
    codec::Json list = codec::Json::array();
    for (const Move& move : moves) {
        codec::Json waiting = codec::Json::array();
        if (move.again() > 0)
            for (const std::string& name : move.neighbours)
                waiting.push(name);
        list.push(codec::Json::object()
                      .set("statement", move.name)
                      .set("topic", move.topic)
                      .set("partition", move.partition)
                      .set("from", move.from)
                      .set("to", move.to())
                      .set("skipped", move.skipped())
                      .set("again", move.again())
                      .set("waiting", waiting));
    }
    if (context.json)
        return print(context.out, codec::Json::object().set("done", !dry_run).set("moves", list));
    for (const std::string& line : words_of(moves))
        context.out << line << '\n';
    if (moves.empty()) context.out << "All of it is there already: nothing was changed.\n";
}

int reset_statements(Context& context, const ResetOptions& options) {
    Target target(context, options.to);
    std::vector<Move> moves = look(context, options, target);
    const bool ask = !options.dry_run && !options.yes && !moves.empty();
    if (ask && !agreed(context, words_of(moves))) return static_cast<int>(ExitCode::usage);
    if (!options.dry_run && !moves.empty()) moves = move_all(context, options, target, moves);
    report(context, moves, options.dry_run);
    return 0;
}

void require_sense(const ResetOptions& options) {
    const bool one_way = !options.statements.empty() && !options.to.empty();
    const bool other_way = options.statements.empty() && options.to.empty() && !options.partition;
    if (options.topic_recreated.empty() ? !one_way : !other_way)
        throw Error(Error::Kind::setting, "reset wants statements and --to, or --topic-recreated",
                    "tidewheel reset --help");
}

}  // namespace

int reset(Context& context, const ResetOptions& options) {
    require_sense(options);
    return options.topic_recreated.empty() ? reset_statements(context, options)
                                           : reset_topic(context, options);
}

void read_again(Context& context, const std::vector<std::string>& statements) {
    ResetOptions options;
    options.statements = statements;
    options.to = "earliest";
    options.reason = "was lost by the topic before the statement was changed";
    Target target(context, options.to);
    move_all(context, options, target, {});
}

void add_reset(CLI::App& program, Context& context) {
    auto options = std::make_shared<ResetOptions>();
    CLI::App* command = program.add_subcommand(
        "reset", "Decide where statements go on: skip records, or read them again");
    command
        ->add_option("statement", options->statements, "Statements, as tidewheel status lists them")
        ->type_name("STATEMENT");
    command
        ->add_option("--to", options->to,
                     "earliest, latest, an offset (with --partition), or the first record of a "
                     "time")
        ->type_name("earliest|latest|OFFSET|TIME");
    command->add_option("--partition", options->partition, "Only in this partition")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--reason", options->reason, "Is written down with what is skipped")
        ->type_name("TEXT")
        ->capture_default_str();
    command
        ->add_option("--topic-recreated", options->topic_recreated,
                     "Instead: the topic was deleted and made anew; all that read it begin with "
                     "its first record")
        ->type_name("TOPIC");
    command->add_flag("--allow-duplicates", options->allow_duplicates,
                      "Read again even what will be stored twice");
    command->add_flag("--yes", options->yes, "Don't ask");
    command->add_flag("--dry-run", options->dry_run, "Say what would happen, and change nothing");
    command->footer(
        "Says what it will do, and asks first. One transaction; the services may run. Skipped "
        "offsets are written down\n"
        "in tidewheel.skipped. Records are read again only where that stores nothing twice: by an "
        "INSERT with ON CONFLICT DO NOTHING,\n"
        "or DO UPDATE that replaces what is there, and a unique index for it to go by: whole, not "
        "deferrable, over columns that are\n"
        "NOT NULL and that the INSERT fills. Until they are read, nothing is stored for the other "
        "INSERTs of the stream in that partition.\n"
        "For a view, see tidewheel rebuild.\n"
        "Exit status: 3 when something would be stored twice.\n\n"
        "Example:\n  tidewheel reset discounted_events --partition 1 --to earliest");
    command->callback([&context, options] {
        context.action = [&context, options] { return reset(context, *options); };
    });
}

}  // namespace tidewheel::cli
