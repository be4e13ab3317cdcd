#include "tidewheel/service/memory.hpp"

#include <malloc.h>

#include <chrono>

namespace tidewheel::service {
namespace {

constexpr std::chrono::seconds interval{15};

}  // namespace

void share_memory() {
    mallopt(M_ARENA_MAX, 2);
}

void MemoryReturn::look() {
    const auto now = Clock::system().now();
    if (now - last_ < interval) return;
    malloc_trim(0);
    last_ = now;
}

}  // namespace tidewheel::service
