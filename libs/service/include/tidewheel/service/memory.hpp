#pragma once
#include "tidewheel/core/clock.hpp"

// What glibc's allocator has to be told by a process that allocates on some threads and frees on
// others.
namespace tidewheel::service {

// Before there is another thread. Records are allocated by librdkafka's threads and freed by the
// lanes'. With an arena for every thread, glibc keeps what one thread freed from the others, and
// memory grows to a multiple of what is in use.
void share_memory();

// Gives memory that was freed back to the system: glibc alone gives back what is at the end of its
// heap, so after a backlog it would keep most of it.
class MemoryReturn {
  public:
    // To be called often; does it now and then. It takes milliseconds after a backlog.
    void look();

  private:
    Clock::Monotonic last_ = Clock::system().now();
};

}  // namespace tidewheel::service
