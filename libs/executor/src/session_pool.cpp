#include "tidewheel/executor/session_pool.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "tidewheel/catalogue/resolution.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::executor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds sign_of_life{500};
constexpr seconds longest_idle{30};
// Until a full server is asked again: sooner by a service that has nothing at all.
constexpr seconds next_try_with_none{1}, next_try_with_some{10};
constexpr int most_passes = 8;  // how often the first in the line lets a better match go ahead
using postgres::sqlstate::too_many_connections;

}  // namespace

SessionPool::SessionPool(std::string url, std::string application, std::size_t most,
                         std::chrono::seconds renew_after)
    : url_(std::move(url)),
      application_(std::move(application)),
      most_(most),
      renew_after_(renew_after) {}

SessionPool::Lease SessionPool::lease(const Wish& wish) {
    const std::deque<Slot> old = expired();  // closed when no lane waits for it: without the lock
    std::unique_lock lock(mutex_);
    Waiter waiter{wish};
    waiting_.push_back(&waiter);
    serve_waiters();
    for (;;) {
        wait(lock, waiter);
        Slot slot = std::move(*waiter.slot);
        if (slot.session || open(lock, slot)) {
            lock.unlock();
            return Lease(*this, std::move(slot));
        }
        waiter.slot.reset();
        waiting_.push_front(&waiter);
        serve_waiters();
    }
}

// Until the waiter has a slot.
void SessionPool::wait(std::unique_lock<std::mutex>& lock, Waiter& waiter) {
    const auto served = [&] { return waiter.slot.has_value(); };
    while (!waiter.turn.wait_for(lock, sign_of_life, served)) {
        lock.unlock();
        const bool wanted = !waiter.wish.still_wanted || waiter.wish.still_wanted();
        lock.lock();
        if (served()) return;
        if (!wanted) {
            std::erase(waiting_, &waiter);
            throw Error(Error::Kind::unavailable, "stopped while waiting for a session");
        }
        serve_waiters();  // PostgreSQL may have connections again
    }
}

// False: PostgreSQL has no connection left. The slot is given back then, as after an exception.
bool SessionPool::open(std::unique_lock<std::mutex>& lock, Slot& slot) {
    const bool first = open_ == 1;
    lock.unlock();
    std::string reason = "few connections are left, and others need them";
    std::exception_ptr failure;
    try {
        slot.session = std::make_unique<postgres::Session>(url_, application_);
        catalogue::look_nowhere_else(*slot.session);
        slot.opened_at = Clock::system().now();
        if (!first && !leaves_room(*slot.session)) slot.session.reset();
    } catch (const postgres::DatabaseError& error) {
        if (error.sqlstate() == too_many_connections)
            reason = error.what();
        else
            failure = std::current_exception();
        slot.session.reset();
    } catch (...) {
        failure = std::current_exception();
    }
    lock.lock();
    if (slot.session) {
        if (open_ == most_ || (shortage_ && open_ > shortage_->sessions)) shortage_.reset();
        return true;
    }
    --open_;
    if (slot.retries) --retrying_;
    if (!failure) {
        full_until_ =
            Clock::system().now() + (open_ == 0 ? next_try_with_none : next_try_with_some);
        shortage_ = Shortage{open_, reason};
        return false;
    }
    serve_waiters();
    std::rethrow_exception(failure);
}

// A service that has a session already leaves the last connections to others.
bool SessionPool::leaves_room(postgres::Session& session) const {
    return session
        .run(
            "SELECT (SELECT sum(numbackends) FROM pg_stat_database) + "
            "current_setting('superuser_reserved_connections')::integer + "
            "coalesce(current_setting('reserved_connections', true)::integer, 0) + greatest(3, "
            "current_setting('max_connections')::integer / 20) <= "
            "current_setting('max_connections')::integer")
        .at(0)
        .boolean(0);
}

bool SessionPool::may_open() const {
    return open_ < most_ && Clock::system().now() >= full_until_;
}

bool SessionPool::may_serve(const Waiter& waiter) const {
    return !waiter.wish.failed_at || retrying_ < std::max<std::size_t>(1, most_ / 2);
}

void SessionPool::serve_waiters() {
    while (serve_one()) {
    }
}

// The first waiter that may be served gets the best match: a session that is prepared as it wants,
// a new one, any other. Where only such another is left, a later waiter that it suits may go first.
bool SessionPool::serve_one() {
    const auto now = Clock::system().now();
    const auto first =
        std::ranges::find_if(waiting_, [this](const Waiter* waiter) { return may_serve(*waiter); });
    if (first == waiting_.end() || (idle_.empty() && !may_open())) return false;
    const auto suits = [](const Waiter& waiter, const Slot& slot) {
        return waiter.wish.preparation.empty() || slot.prepared_with == waiter.wish.preparation;
    };
    auto chosen = first;
    auto slot = std::find_if(idle_.rbegin(), idle_.rend(),
                             [&](const Slot& each) { return suits(**first, each); });
    if (slot == idle_.rend())
        slot = std::find_if(idle_.rbegin(), idle_.rend(),
                            [](const Slot& each) { return each.prepared_with.empty(); });
    if (slot == idle_.rend() && !may_open()) {
        slot = std::prev(idle_.rend());
        const auto better = std::find_if(first, waiting_.end(), [&](const Waiter* waiter) {
            return may_serve(*waiter) && suits(*waiter, *slot);
        });
        if (better != waiting_.end() && ++(*first)->passed_over <= most_passes) chosen = better;
    }
    Waiter& waiter = **chosen;
    Slot given;
    if (slot == idle_.rend()) {
        ++open_;
    } else {
        given = std::move(*slot);
        idle_.erase(std::next(slot).base());
    }
    if (now - given.opened_at >= renew_after_ ||
        (waiter.wish.failed_at && given.opened_at <= *waiter.wish.failed_at))
        given = {};
    given.retries = waiter.wish.failed_at.has_value();
    if (given.retries) ++retrying_;
    waiting_.erase(chosen);
    waiter.slot.emplace(std::move(given));
    waiter.turn.notify_one();
    return true;
}

void SessionPool::take_back(Slot slot) {
    const std::lock_guard lock(mutex_);
    if (slot.retries) --retrying_;
    if (slot.session) {
        slot.idle_since = Clock::system().now();
        idle_.push_back(std::move(slot));
    } else {
        --open_;
    }
    serve_waiters();
}

std::deque<SessionPool::Slot> SessionPool::expired() {
    std::deque<Slot> old;
    const auto now = Clock::system().now();
    const std::lock_guard lock(mutex_);
    while (!idle_.empty() && now - idle_.front().idle_since > longest_idle) {
        old.push_back(std::move(idle_.front()));
        idle_.pop_front();
        --open_;
    }
    return old;
}

std::optional<SessionPool::Shortage> SessionPool::shortage() const {
    const std::lock_guard lock(mutex_);
    return shortage_;
}

SessionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      slot_(std::move(other.slot_)),
      keep_(other.keep_) {}

SessionPool::Lease::~Lease() {
    if (!pool_) return;
    if (!keep_ || slot_.session->broken() || slot_.session->in_transaction()) slot_.session.reset();
    pool_->take_back(std::move(slot_));
}

}  // namespace tidewheel::executor
