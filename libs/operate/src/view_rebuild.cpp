#include "tidewheel/operate/view_rebuild.hpp"

#include "rebuild_range.hpp"
#include "tidewheel/apply/view_index.hpp"
#include "tidewheel/catalogue/catalogue_change.hpp"
#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/catalogue/lock_holders.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/pooler.hpp"
#include "tidewheel/postgres/wait_limits.hpp"

namespace tidewheel::operate {
namespace {

using postgres::DatabaseError;
using postgres::Transaction;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds look_again{20};
constexpr seconds swap_timeout{120};     // for locks that readers hold
constexpr seconds lanes_in_the_swap{5};  // while the aggregator waits
constexpr seconds near{1};               // a catch-up of that length leaves little for the swap

Error stopped() {
    return Error(Error::Kind::unavailable, "stopped; the old state is unchanged",
                 "Run it again; it continues from here.");
}

}  // namespace

ViewRebuild::ViewRebuild(const Servers& servers, const RebuildRequest& request,
                         const RebuildLimits& limits, ProgressSink& progress, std::stop_token stop,
                         std::optional<apply::ViewDefinition> changed)
    : servers_(servers),
      progress_(progress),
      limits_(limits),
      request_(request),
      stop_(std::move(stop)),
      admin_(servers.kafka),
      control_(servers.database.connect()),
      side_(servers.database.connect()),
      changed_(std::move(changed)),
      pool_(servers.database.url(), "tidewheel rebuild", limits.sessions) {}

void ViewRebuild::run() {
    postgres::require_own_backend(servers_.database.url());
    load();
    lock();
    std::optional<Shadow> shadow;
    do {
        load();  // another rebuild may have swapped while we waited for the lock
        shadow = take_up(goals());
    } while (!shadow);
    shadow_ = *shadow;
    left_over_.drop(*control_, view_.id);  // what can't be dropped yet waits until the end
    lanes_.emplace(limits_.lane, servers_, pool_, plan(), shadow_, progress_);
    catch_up();
    swap_in_time();
    lanes_.reset();
    drop_old_state();
}

void ViewRebuild::load() {
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(*side_);
    version_ = catalogue.version;
    const catalogue::StoredStatement* found =
        changed_ ? catalogue.find_statement(request_.view) : catalogue.find_given(request_.view);
    if (!found)
        throw Error(Error::Kind::setting, "view " + request_.view + " does not exist",
                    "tidewheel status lists the views.");
    if (!std::holds_alternative<sql::ViewStatement>(found->statement.body))
        throw Error(Error::Kind::setting,
                    request_.view + " is not a view: the rows of an INSERT are not recomputed",
                    "`tidewheel reset " + request_.view + " --to earliest` reads its topic again.");
    view_ = *found;
    stream_ = catalogue.stream(view_.stream_id);
    if (changed_) {
        next_ = *changed_;
        next_.stored.state_table = view_.state_table;
    } else {
        Transaction transaction(*side_);
        transaction.run("SET LOCAL search_path = " + view_.search_path);
        const auto& view = std::get<sql::ViewStatement>(view_.statement.body);
        next_ = {view_, apply::columns_of(transaction, view.name.quoted()), ""};
    }
}

Offsets ViewRebuild::goals() {
    return goals_of(*side_, admin_, *stream_, view_, next_.stored);
}

// Held by the session, so a killed rebuild's is free as soon as PostgreSQL notices.
void ViewRebuild::lock() {
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
                        "view " + request_.view + " is being rebuilt by another command",
                        "Wait until it ends, or end it.");
    }
}

// Continues what an earlier rebuild has left, if that is of use; else starts. Nothing: what was
// loaded is out of date.
std::optional<Shadow> ViewRebuild::take_up(const Offsets& goals) {
    const Offsets begin =
        beginnings_of(admin_, *stream_, goals, request_.view, request_.allow_truncated_topic);
    std::optional<Shadow> shadow;
    try {
        catalogue::despite_locks(servers_.database, [&] { shadow = try_take_up(goals, begin); });
    } catch (const DatabaseError& error) {
        if (!catalogue::is_lock_failure(error)) throw;
        throw locked(error);
    }
    return shadow;
}

std::optional<Shadow> ViewRebuild::try_take_up(const Offsets& goals, const Offsets& beginnings) {
    Transaction transaction(*side_);
    catalogue::limit_waits(transaction);
    catalogue::lock_catalogue(transaction);
    if (transaction.query("SELECT version FROM tidewheel.catalogue")[0].integer(0) != version_)
        return {};
    basis_ = apply::basis_of(transaction, view_.id);
    if (changed_ && changed_->basis != basis_) throw changed_meanwhile();
    auto shadow = find_shadow(transaction, next_.stored);
    if (shadow && !is_between(beginnings, progress_of(transaction, shadow->id), goals))
        shadow.reset();
    if (!shadow) {
        retire_shadow(transaction, view_.id);
        shadow = make_shadow(transaction, *stream_, next_.stored, beginnings);
    }
    apply::settle_view_indexes(transaction, next_, shadow->state_table);
    transaction.commit();
    return shadow;
}

Error ViewRebuild::changed_meanwhile() const {
    return Error(Error::Kind::unavailable,
                 "view " + request_.view + " or its stream was changed in the meantime",
                 "Run the command again.");
}

executor::StreamPlan ViewRebuild::plan() {
    catalogue::StoredStatement stored = next_.stored;
    stored.id = shadow_.id;
    stored.state_table = shadow_.state_table;
    stored.paused = false;
    auto plans =
        executor::plan_streams(*side_, {version_, {*stream_}, {stored}, {}, {}},
                               executor::StatementKind::view, executor::Execution::pushdown);
    for (const executor::QuarantinedStatement& each : plans.quarantined)
        throw Error(Error::Kind::refused, each.reason, each.hint);
    return std::move(plans.streams.at(0));
}

// Until a round takes so little time that the rest can be done while the aggregator waits.
void ViewRebuild::catch_up() {
    for (bool is_near = false; !is_near;) {
        const auto begun = SteadyClock::now();
        const Offsets ends = goals();
        lanes_->read_to(*side_, admin_, ends);
        std::int64_t total = 0;
        for (const auto& [partition, next] : ends)
            total += next;
        while (!lanes_->have_arrived()) {
            progress_.show(lanes_->done(), total);
            if (!wait_for(stop_, look_again)) throw stopped();
        }
        progress_.show(lanes_->done(), total);
        is_near = SteadyClock::now() - begun < near;
    }
}

void ViewRebuild::swap_in_time() {
    for (Retry retry({.give_up_after = swap_timeout});;) {
        std::optional<std::chrono::milliseconds> wait;
        try {
            if (try_swap()) return;
            wait = retry.failed();
        } catch (const DatabaseError& error) {
            if (!catalogue::is_lock_failure(error)) throw;
            wait = retry.failed();
            if (!wait) throw locked(error);
        }
        if (!wait)
            throw Error(
                Error::Kind::unavailable,
                "view " + request_.view + " receives records faster than the rebuild reads them",
                "Run this again when fewer records arrive; it continues from here.");
        if (!wait_for(stop_, *wait)) throw stopped();
        catch_up();
    }
}

// False: the lanes didn't get there in time, and nothing has happened. Meanwhile the aggregator
// waits for the view's progress; readers of the view wait only for the moment of the swap.
bool ViewRebuild::try_swap() {
    Transaction transaction(*control_);
    postgres::limit_waits(transaction, std::chrono::seconds(2), std::chrono::seconds(10));
    catalogue::lock_catalogue(transaction);
    catalogue::raise_version(transaction);
    catalogue::fence(transaction, {view_.id});
    require_unchanged(transaction);
    Offsets progress = progress_of(transaction, view_.id);
    std::erase_if(progress, [&](const auto& each) {
        return !executor::reads(next_.stored, *stream_, each.first);
    });
    if (!lanes_->extend(progress)) return false;  // a new partition
    const auto deadline = SteadyClock::now() + lanes_in_the_swap;
    while (!lanes_->have_arrived()) {
        if (SteadyClock::now() >= deadline) return false;
        if (!wait_for(stop_, look_again)) throw stopped();
    }
    require_all_records(transaction);
    postgres::limit_waits(transaction, std::chrono::seconds(1));
    apply::settle_view_indexes(transaction, next_, shadow_.state_table);  // those applied meanwhile
    swap_shadow(transaction, shadow_, next_);
    records_ = transaction
                   .query(
                       "SELECT coalesce(sum(records), 0) FROM tidewheel.progress WHERE "
                       "statement_id = $1",
                       {std::to_string(view_.id)})[0]
                   .integer(0);
    catalogue::commit_change(transaction);
    return true;
}

void ViewRebuild::require_unchanged(Transaction& transaction) {
    if (apply::basis_of(transaction, view_.id) != basis_ || !find_shadow(transaction, next_.stored))
        throw changed_meanwhile();
}

// Both stand at the same offsets, and the topic held all records between when the view read them.
void ViewRebuild::require_all_records(Transaction& transaction) {
    if (request_.allow_truncated_topic) return;
    for (const postgres::Row& row : transaction.query(
             "SELECT v.topic, v.partition, s.records_held, v.records_held FROM tidewheel.progress "
             "v JOIN tidewheel.progress s USING (topic, partition) WHERE v.statement_id = $1 AND "
             "s.statement_id = $2 AND s.records_held < v.records_held ORDER BY 2 LIMIT 1",
             {std::to_string(view_.id), std::to_string(shadow_.id)}))
        throw Error(Error::Kind::refused,
                    "topic " + row.text(0) + ", partition " + row.text(1) + " holds " +
                        row.text(2) + " of the " + row.text(3) + " records that view " +
                        request_.view + " is made of: a rebuilt view would lack the others",
                    "--allow-truncated-topic rebuilds it from the records still available; the old "
                    "state is unchanged.");
}

// Readers that began before the swap may still read it.
void ViewRebuild::drop_old_state() {
    Retry retry({.give_up_after = seconds(30)});
    while (!left_over_.retire(*control_, view_.id) || !left_over_.drop(*control_, view_.id)) {
        const auto wait = retry.failed();
        if (!wait || !wait_for(stop_, *wait)) return;
    }
}

Error ViewRebuild::locked(const DatabaseError& error) {
    const auto& view = std::get<sql::ViewStatement>(view_.statement.body);
    const std::string holder = catalogue::lock_holder(*control_, view.name.quoted());
    return Error(Error::Kind::unavailable,
                 "view " + request_.view + " is locked by " + (holder.empty() ? "others" : holder) +
                     ": " + error.what(),
                 "End what holds it (see pg_locks) and run this again; it continues from here.");
}

}  // namespace tidewheel::operate
