#include "tidewheel/catalogue/share.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::catalogue::Share;

TEST_CASE("of several databases, each partition has exactly one, and each knows how many it has") {
    for (const int of : {1, 2, 3, 7})
        for (const int partitions : {0, 1, 6, 12}) {
            int all = 0;
            for (int number = 1; number <= of; ++number) {
                const Share share{number, of};
                int has = 0;
                for (int partition = 0; partition < partitions; ++partition)
                    has += share.has(partition) ? 1 : 0;
                CAPTURE(number, of, partitions);
                CHECK(share.count(partitions) == has);
                all += has;
            }
            CHECK(all == partitions);
        }
    CHECK(Share{2, 3}.has(4));
}

TEST_CASE("no two of several databases are in one consumer group, and one alone keeps its own") {
    CHECK(Share{}.group("shop") == "shop");
    CHECK(Share{2, 3}.group("shop") == "shop.2of3");
}
