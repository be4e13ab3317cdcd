#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

// Points in the course of a batch, and of a command, at which a test makes this process fail. The
// environment says where and how, in TIDEWHEEL_FAILPOINTS:
//
//     after_copy=kill@3;before_commit=stop@1;in_claim=hang;after_commit=error%10;seed=7
//
// kill: SIGKILL to this process; stop: SIGSTOP to it; hang: this thread never continues; error:
// throws Error (unavailable). At every pass, unless it says @3 (at the third pass alone), @3+ (from
// the third on) or %10 (at about ten passes of a hundred, drawn from the seed).
//
// Without the variable a place costs a load and a branch that is never taken; none is on the way of
// a single record.
namespace tidewheel {

inline constexpr std::array<std::string_view, 22> failpoint_names{
    "in_claim",      // the claim is written, but not committed
    "after_claim",   // it is committed, but nothing is fetched yet
    "on_open",       // a lane has connected to PostgreSQL
    "before_copy",   // a batch is about to be stored; verify is about to stage records
    "during_copy",   // its rows are sent, the end of COPY is not; native batches stage nothing
    "after_copy",    // they are staged
    "before_rows",   // they are validated; INSERTs come next
    "before_views",  // INSERTs are done; views come next. The transaction begins with the first SQL
    "before_dead_letters",
    "before_progress",
    "before_commit",
    "after_commit",   // PostgreSQL has committed, and we have not taken note yet
    "before_change",  // a command has changed what runs, but not committed
    "after_change",   // it has committed; what follows (a rebuild, say) has not begun
    "before_join",    // a service is about to join its consumer groups
    "file_begun",     // a file of a sink is begun, beside its place
    "before_sync",    // it has its rows, but they may not be on disk
    "before_link",    // they are; it has no name yet
    "after_link",     // it has its name, and that may not be on disk
    "after_publish",  // that is, too; the position is not committed
    "before_write",   // rows of a sink are about to be written to Redis
    "after_write",    // they are there; the position is not committed
};

inline constexpr std::size_t failpoints_of_lanes = 12;  // the first ones

// One of the names; any other doesn't compile.
class Failpoint {
  public:
    consteval Failpoint(const char* name) {
        while (failpoint_names.at(index_) != name)
            ++index_;
    }
    std::size_t index() const { return index_; }

  private:
    std::size_t index_ = 0;
};

inline std::atomic<bool> failpoints_armed = false;
void pass(Failpoint point);

inline void failpoint(Failpoint point) {
    if (failpoints_armed.load(std::memory_order_relaxed)) [[unlikely]]
        pass(point);
}

// Replaces what was armed before; empty: nothing. Called while no other thread passes a place.
// Throws Error (setting) for what it can't read or doesn't know.
void arm_failpoints(std::string_view specification);
void arm_failpoints_from_environment();

}  // namespace tidewheel
