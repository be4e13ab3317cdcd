#include "cli/rebuilding.hpp"

#include <algorithm>

#include "cli/lock_holder.hpp"
#include "cli/progress_bar.hpp"
#include "cli/running_change.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/postgres/progress.hpp"

namespace tidewheel::cli {
namespace {

using postgres::DatabaseError;
using postgres::Transaction;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds look_again{20};
constexpr seconds swap_patience{120};    // for locks that readers hold
constexpr seconds lanes_in_the_swap{5};  // while the aggregator waits
constexpr seconds near{1};               // a catch-up of that length leaves little for the swap

std::map<int, std::int64_t> progress_of(Transaction& transaction, int statement) {
    std::map<int, std::int64_t> progress;
    for (const postgres::Row& row :
         transaction.query("SELECT partition, next_offset FROM tidewheel.progress WHERE "
                           "statement_id = $1 AND next_offset IS NOT NULL",
                           {std::to_string(statement)}))
        progress[static_cast<int>(row.integer(0))] = row.integer(1);
    return progress;
}

std::map<int, std::int64_t> read_progress(postgres::Connection& connection, int statement) {
    Transaction transaction(connection);
    return progress_of(transaction, statement);
}

// For what can be done later as well.
void wait_little(Transaction& transaction) {
    transaction.run(
        "SET LOCAL lock_timeout = '1s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
}

using Offsets = std::map<int, std::int64_t>;

// Beyond its goals, a shadow has read what the view hasn't: a topic that is no more, say.
bool is_between(const Offsets& beginnings, const Offsets& progress, const Offsets& goals) {
    return std::all_of(progress.begin(), progress.end(), [&](const auto& each) {
        const auto begin = beginnings.find(each.first), goal = goals.find(each.first);
        return begin != beginnings.end() && begin->second <= each.second && goal != goals.end() &&
               each.second <= goal->second;
    });
}

Error stopped() {
    return Error(Error::Kind::unavailable, "stopped: the old state stands",
                 "run it again: it goes on from here");
}

}  // namespace

Rebuilding::Rebuilding(Context& context, const RebuildOptions& options, std::stop_token stop,
                       std::optional<ViewDefinition> changed)
    : context_(context),
      options_(options),
      stop_(std::move(stop)),
      admin_(context.kafka()),
      control_(context.connect()),
      side_(context.connect()),
      changed_(std::move(changed)) {}

void Rebuilding::run() {
    load();
    lock();
    std::optional<Shadow> shadow;
    do {
        load();  // another rebuild may have swapped while we waited for the lock
        shadow = take_up(goals());
    } while (!shadow);
    shadow_ = *shadow;
    drop_left_over();  // what can't be dropped yet waits until the end
    plan_ = plan();
    catch_up();
    swap_in_time();
    lanes_.clear();
    drop_old_state();
}

void Rebuilding::load() {
    const postgres::Catalogue catalogue = postgres::load_catalogue(*side_);
    version_ = catalogue.version;
    const postgres::StoredStatement* found = catalogue.find_statement(options_.view);
    if (!found)
        throw Error(Error::Kind::setting, "there is no view " + options_.view,
                    "tidewheel status lists them");
    if (!std::holds_alternative<sql::ViewStatement>(found->statement.body))
        throw Error(Error::Kind::setting,
                    options_.view + " is no view: what an INSERT has stored is not recomputed",
                    "tidewheel reset " + options_.view + " --to earliest reads its topic again");
    view_ = *found;
    stream_ = catalogue.stream(view_.stream_id);
    if (changed_) {
        next_ = *changed_;
        next_.stored.state_table = view_.state_table;
    } else {
        Transaction transaction(*side_);
        const auto& view = std::get<sql::ViewStatement>(view_.statement.body);
        next_ = {view_, columns_of(transaction, view.name.quoted()), ""};
    }
}

bool Rebuilding::reads(int partition) const {
    return postgres::reads(next_.stored, *stream_, partition);
}

// Where the new state has to come: where the view is; and in partitions that the view doesn't read
// as it is, to their present end.
Rebuilding::Offsets Rebuilding::goals() {
    Offsets goals;
    for (const auto& [partition, next] : read_progress(*side_, view_.id))
        if (reads(partition)) goals[partition] = next;
    const std::string& topic = stream_->stream.topic;
    const int partitions = admin_.partitions(topic).value_or(stream_->stream.partitions);
    for (int partition = 0; partition < partitions; ++partition)
        if (reads(partition) && !postgres::reads(view_, *stream_, partition))
            goals[partition] = admin_.watermarks(topic, partition).second;
    return goals;
}

// Held by the session, so a killed rebuild's is free as soon as PostgreSQL notices.
void Rebuilding::lock() {
    const auto deadline = SteadyClock::now() + seconds(5);
    for (;;) {
        if (control_
                ->query("SELECT pg_try_advisory_lock(hashtextextended('tidewheel rebuild ' || $1, "
                        "0))",
                        {std::to_string(view_.id)})[0]
                .boolean(0))
            return;
        if (SteadyClock::now() >= deadline || !wait_for(stop_, milliseconds(100)))
            throw Error(Error::Kind::unavailable,
                        "view " + options_.view + " is being rebuilt by another command",
                        "wait for its end, or end it");
    }
}

// Where each partition begins, which is where the topic does.
Rebuilding::Offsets Rebuilding::beginnings(const Offsets& goals) {
    const std::string& topic = stream_->stream.topic;
    Offsets begin;
    for (const auto& [partition, next] : goals) {
        const auto [first, end] = admin_.watermarks(topic, partition);
        const std::string where = "topic " + topic + ", partition " + std::to_string(partition);
        if (next > end || next < first)
            throw Error(Error::Kind::refused,
                        "view " + options_.view + " goes on at offset " + std::to_string(next) +
                            " of " + where + ", which is not there",
                        "docs/how-to/missing-data.md says what to do");
        if (first > 0 && !options_.from_what_is_left)
            throw Error(Error::Kind::refused,
                        where + " has lost its first " + plural(first, "offset") +
                            ": a rebuilt view would lack what came of them",
                        "--from-what-is-left rebuilds it all the same");
        begin[partition] = first;
    }
    return begin;
}

// Goes on with what an earlier rebuild has left, if that is of use; else begins. Nothing: what was
// loaded is out of date.
std::optional<Shadow> Rebuilding::take_up(const Offsets& goals) {
    const Offsets begin = beginnings(goals);
    std::optional<Shadow> shadow;
    try {
        despite_locks(context_, [&] { shadow = try_take_up(goals, begin); });
    } catch (const DatabaseError& error) {
        if (!is_lock_trouble(error)) throw;
        throw locked(error);
    }
    return shadow;
}

std::optional<Shadow> Rebuilding::try_take_up(const Offsets& goals, const Offsets& beginnings) {
    Transaction transaction(*side_);
    limit_waits(transaction);
    lock_catalogue(transaction);
    if (transaction.query("SELECT version FROM tidewheel.catalogue")[0].integer(0) != version_)
        return {};
    basis_ = basis_of(transaction, view_.id);
    if (changed_ && changed_->basis != basis_) throw changed_meanwhile();
    auto shadow = find_shadow(transaction, next_.stored);
    if (shadow && !is_between(beginnings, progress_of(transaction, shadow->id), goals))
        shadow.reset();
    if (!shadow) {
        retire_shadow(transaction, view_.id);
        shadow = make_shadow(transaction, *stream_, next_.stored, beginnings);
    }
    transaction.commit();
    return shadow;
}

Error Rebuilding::changed_meanwhile() const {
    return Error(Error::Kind::unavailable,
                 "view " + options_.view + " or its stream was changed meanwhile", "run it again");
}

postgres::StreamPlan Rebuilding::plan() {
    postgres::StoredStatement stored = next_.stored;
    stored.id = shadow_.id;
    stored.state_table = shadow_.state_table;
    stored.paused = false;
    auto plans = postgres::plan_streams(*side_, {version_, {*stream_}, {stored}},
                                        postgres::StatementKind::view);
    for (const postgres::StoppedStatement& each : plans.stopped)
        throw Error(Error::Kind::refused, each.reason, each.hint);
    return std::move(plans.streams.at(0));
}

// For partitions that have none yet.
void Rebuilding::open_lanes(const Offsets& goals) {
    std::vector<postgres::LaneClaim> claims;
    for (const auto& [partition, next] : goals)
        if (!lanes_.contains(partition))
            claims.push_back({stream_->stream.topic, partition, {shadow_.id}});
    for (postgres::LaneClaim* lane : postgres::unbegun(*side_, claims))
        lane->first = admin_.watermarks(lane->topic, lane->partition).first;
    if (claims.empty()) return;
    postgres::claim(*side_, "rebuild", claims, postgres::catalogue_version(*side_));
    for (const postgres::LaneClaim& claim : claims) {
        auto lane =
            std::make_unique<RebuildLane>(context_.settings, context_.kafka(), *plan_, claim);
        lane->extend(claim.start);
        lanes_[claim.partition] = std::move(lane);
    }
}

void Rebuilding::extend(const Offsets& goals) {
    for (const auto& [partition, next] : goals)
        lanes_.at(partition)->extend(next);
}

// Once, when it is new: it is tried again for as long as it takes.
void Rebuilding::tell_trouble(const RebuildLane& lane) {
    const std::string trouble = lane.trouble();
    if (trouble.empty() || trouble == told_) return;
    told_ = trouble;
    context_.err << "tidewheel: waiting: " << trouble << '\n';
}

bool Rebuilding::has_arrived() {
    return std::all_of(lanes_.begin(), lanes_.end(), [this](const auto& lane) {
        lane.second->check();
        tell_trouble(*lane.second);
        return lane.second->has_arrived();
    });
}

std::int64_t Rebuilding::done() const {
    std::int64_t done = 0;
    for (const auto& [partition, lane] : lanes_)
        done += lane->next_offset();
    return done;
}

// Until a round takes so little time that the rest can be done while the aggregator waits.
void Rebuilding::catch_up() {
    ProgressBar bar(context_.err, context_.err_is_terminal, "rebuilding", 0);
    for (bool is_near = false; !is_near;) {
        const auto begun = SteadyClock::now();
        const Offsets ends = goals();
        open_lanes(ends);
        extend(ends);
        std::int64_t total = 0;
        for (const auto& [partition, next] : ends)
            total += next;
        bar.set_total(total);
        while (!has_arrived()) {
            bar.set(done());
            if (!wait_for(stop_, look_again)) throw stopped();
        }
        bar.set(done());
        is_near = SteadyClock::now() - begun < near;
    }
}

void Rebuilding::swap_in_time() {
    const auto deadline = SteadyClock::now() + swap_patience;
    Backoff backoff;
    for (;;) {
        try {
            if (try_swap()) return;
        } catch (const DatabaseError& error) {
            if (!is_lock_trouble(error)) throw;
            if (SteadyClock::now() >= deadline) throw locked(error);
        }
        if (SteadyClock::now() >= deadline)
            throw Error(Error::Kind::unavailable,
                        "view " + options_.view + " goes on faster than it can be rebuilt",
                        "run this again when less comes: it goes on from here");
        if (!wait_for(stop_, backoff.next())) throw stopped();
        catch_up();
    }
}

// False: the lanes didn't get there in time, and nothing has happened. The aggregator waits for the
// view's progress meanwhile, and nobody for the view itself, but for the moment of the swap.
bool Rebuilding::try_swap() {
    Transaction transaction(*control_);
    transaction.run(
        "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
    lock_catalogue(transaction);
    raise_version(transaction);
    postgres::fence(transaction, {view_.id});
    require_unchanged(transaction);
    Offsets progress = progress_of(transaction, view_.id);
    std::erase_if(progress, [&](const auto& each) { return !reads(each.first); });
    if (std::any_of(progress.begin(), progress.end(),
                    [&](const auto& each) { return !lanes_.contains(each.first); }))
        return false;  // a new partition
    extend(progress);
    const auto deadline = SteadyClock::now() + lanes_in_the_swap;
    while (!has_arrived()) {
        if (SteadyClock::now() >= deadline) return false;
        if (!wait_for(stop_, look_again)) throw stopped();
    }
    transaction.run("SET LOCAL lock_timeout = '1s'");
    swap_shadow(transaction, shadow_, next_);
    records_ = transaction
                   .query(
                       "SELECT coalesce(sum(records), 0) FROM tidewheel.progress WHERE "
                       "statement_id = $1",
                       {std::to_string(view_.id)})[0]
                   .integer(0);
    commit_change(transaction);
    return true;
}

void Rebuilding::require_unchanged(Transaction& transaction) {
    if (basis_of(transaction, view_.id) != basis_ || !find_shadow(transaction, next_.stored))
        throw changed_meanwhile();
}

// Readers that began before the swap may still be at it.
void Rebuilding::drop_old_state() {
    const auto deadline = SteadyClock::now() + seconds(30);
    Backoff backoff;
    while (!retire_old_state() || !drop_left_over())
        if (SteadyClock::now() >= deadline || !wait_for(stop_, backoff.next())) return;
}

// False: it is locked.
bool Rebuilding::retire_old_state() {
    try {
        Transaction transaction(*control_);
        wait_little(transaction);
        retire_shadow(transaction, view_.id);
        transaction.commit();
        return true;
    } catch (const DatabaseError& error) {
        if (!is_lock_trouble(error)) throw;
        left_over_ = {"the old state is in use: " + std::string(error.what())};
        return false;
    }
}

// False: some of it is locked. Notes what stays, and why.
bool Rebuilding::drop_left_over() {
    std::vector<std::string> tables;
    {
        Transaction transaction(*control_);
        tables = left_over_states(transaction, view_.id);
    }
    left_over_.clear();
    bool is_free = true;
    for (const std::string& table : tables)
        is_free = drop_left_over(table) && is_free;
    return is_free;
}

// Somebody's own view of it keeps it, and no waiting helps.
bool Rebuilding::drop_left_over(const std::string& table) {
    try {
        Transaction transaction(*control_);
        wait_little(transaction);
        transaction.run("DROP TABLE IF EXISTS " + table);
        transaction.commit();
        return true;
    } catch (const DatabaseError& error) {
        const bool is_needed = error.sqlstate() == "2BP01";
        if (!is_needed && !is_lock_trouble(error)) throw;
        const std::string holder = lock_holder(*side_, table);
        left_over_.push_back(
            "the old state " + table +
            (is_needed ? " stays: " + std::string(error.what())
                       : " is still being read" + (holder.empty() ? "" : " by " + holder)));
        return is_needed;
    }
}

Error Rebuilding::locked(const DatabaseError& error) {
    const auto& view = std::get<sql::ViewStatement>(view_.statement.body);
    const std::string holder = lock_holder(*control_, view.name.quoted());
    return Error(Error::Kind::unavailable,
                 "view " + options_.view + " is locked by " + (holder.empty() ? "others" : holder) +
                     ": " + error.what(),
                 "end what holds it (pg_locks), and run this again: it goes on from here");
}

}  // namespace tidewheel::cli
