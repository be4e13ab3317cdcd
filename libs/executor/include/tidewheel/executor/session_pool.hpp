#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::executor {

// The sessions that the lanes of a service share: never more than so many. A lane leases one for a
// transaction, and waits for its turn. Thread-safe.
//
// A session keeps what it was prepared with (temporary relations), so it goes to a lane that wants
// the same, unless another lane would wait for long. It is closed when it has been idle for half a
// minute, or when it grows old: no vacuum freezes a session's temporary tables, whatever it
// truncates, so those of a session that is kept for ever would hold back the whole database's
// transaction numbers until it has to shut down.
class SessionPool {
  public:
    SessionPool(std::string url, std::string application, std::size_t most,
                std::chrono::seconds renew_after = std::chrono::hours(1));
    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;

    struct Wish {
        std::string preparation;  // what the session is to be prepared with; empty: anything
        // Called every half a second while there is a wait; false gives it up.
        std::function<bool()> still_wanted;
        // What failed before doesn't get a session that is as old, and no more than half of all
        // sessions are at such work: one locked table must not keep the other lanes from theirs.
        std::optional<Clock::Monotonic> failed_at;
    };

    // A session in use. Closed at the end, with what it has under way, unless keep() says that it
    // is fit for others.
    class Lease {
      public:
        Lease(Lease&& other) noexcept;
        ~Lease();
        postgres::Session& session() { return *slot_.session; }
        const std::string& prepared_with() const { return slot_.prepared_with; }
        void prepared(std::string with) { slot_.prepared_with = std::move(with); }
        void keep() { keep_ = true; }

      private:
        friend class SessionPool;
        struct Slot {
            std::unique_ptr<postgres::Session> session;  // none: may be opened
            std::string prepared_with;
            Clock::Monotonic opened_at{}, idle_since{};
            bool retries = false;  // it counts among those that are at work which failed before
        };
        Lease(SessionPool& pool, Slot slot) : pool_(&pool), slot_(std::move(slot)) {}

        SessionPool* pool_;
        Slot slot_;
        bool keep_ = false;
    };

    // Throws Error: unavailable when it is given up, or when a session can't be opened; setting for
    // a wrong password and the like. That PostgreSQL has no connection left is waited for.
    Lease lease(const Wish& wish);

    // What PostgreSQL said when it had no connection left, and how many sessions there are instead
    // of all; nullopt: it has given all that were wanted.
    struct Shortage {
        std::size_t sessions;
        std::string reason;
    };
    std::optional<Shortage> shortage() const;

  private:
    using Slot = Lease::Slot;
    struct Waiter {
        const Wish& wish;
        std::condition_variable turn{};
        std::optional<Slot> slot{};
        int passed_over = 0;
    };

    void wait(std::unique_lock<std::mutex>& lock, Waiter& waiter);
    bool open(std::unique_lock<std::mutex>& lock, Slot& slot);
    bool leaves_room(postgres::Session& session) const;
    bool may_open() const;
    bool may_serve(const Waiter& waiter) const;
    void serve_waiters();
    bool serve_one();
    void take_back(Slot slot);
    std::deque<Slot> expired();

    const std::string url_, application_;
    const std::size_t most_;
    const std::chrono::seconds renew_after_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<Waiter*> waiting_;
    std::deque<Slot> idle_;  // the last one was in use last
    std::size_t open_ = 0;   // idle, leased or being opened
    std::size_t retrying_ = 0;
    Clock::Monotonic full_until_{};  // PostgreSQL has no more until then
    std::optional<Shortage> shortage_;
};

}  // namespace tidewheel::executor
