#include "tidewheel/kafka/group_members.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::kafka;

TEST_CASE("a program's first group has its name, and further ones a number") {
    CHECK(group_name("shop", "worker") == "shop.worker");
    CHECK(group_name("shop", "worker", 2) == "shop.worker.2");
    CHECK(is_further_group("shop.worker.2", "shop.worker"));
    CHECK(is_further_group("shop.worker.13", "shop.worker"));
    for (const char* other : {"shop.worker", "shop.worker.", "shop.worker.standby",
                              "shop.workers.2", "shop.worker.2.worker", "other.worker.2"})
        CHECK_FALSE(is_further_group(other, "shop.worker"));
}
