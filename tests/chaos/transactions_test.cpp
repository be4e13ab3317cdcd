#include "chaos/transactions.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::chaos;

TEST_CASE("a journal records the end of each transaction, however it ends") {
    Ledger ledger;
    const std::int64_t next = enter_journal(
        "open 10 2\nending\ncommitted\nopen 12 1\nopen 13 2\nending\nopen 15 1\nendi", 10, ledger);
    CHECK(next == 16);
    std::string seen;
    for (const Sent& each : ledger.entries())
        seen += std::to_string(each.id) + " " + std::string(word(each.fate)) + "\n";
    CHECK(seen ==
          "10 acknowledged\n11 acknowledged\n12 aborted\n13 uncertain\n14 uncertain\n"
          "15 aborted\n");
    CHECK(ledger.acknowledged() == 2);
}
