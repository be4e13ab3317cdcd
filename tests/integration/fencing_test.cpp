#include <set>

#include "differential/owner.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* numbers = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL CHECK (n < 1000)) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM numbers;
)";

struct Applied : Deployment {
    Applied() {
        const Finished finished = apply(numbers);
        INFO(finished.errors);
        REQUIRE(finished.status == 0);
    }
    std::string stored() const {
        return value("SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM stored");
    }
};

}  // namespace

TEST_CASE(
    "a former owner can commit nothing after another has claimed the partition, rows and dead "
    "letters alike") {
    Applied deployment;
    Owner former(deployment, "former");
    CHECK(former.open() == 0);
    former.commit(0, {R"({"n": 1})"});
    Owner present(deployment, "present");
    CHECK(present.open() == 1);
    CHECK(former.refusal(1, {R"({"n": 2})", "bad"}) == Error::Kind::fenced);
    CHECK_THROWS_AS(former.open(), Error);
    CHECK(former.refusal(1, {R"({"n": 2})", "bad"}) == Error::Kind::fenced);
    CHECK(deployment.stored() == "1");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    present.commit(1, {R"({"n": 3})", "bad"});
    CHECK(deployment.stored() == "1,3");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "1");
    CHECK(present.open() == 3);
}

TEST_CASE(
    "the same batch can't be committed twice, nor one from an offset that progress is not at") {
    Applied deployment;
    Owner owner(deployment, "owner");
    owner.open();
    owner.commit(0, {R"({"n": 1})", R"({"n": 2})"});
    CHECK(owner.refusal(0, {R"({"n": 1})", R"({"n": 2})"}) == Error::Kind::fenced);
    CHECK(owner.refusal(5, {R"({"n": 6})"}) == Error::Kind::fenced);
    CHECK(deployment.stored() == "1,2");
    CHECK(owner.open() == 2);
}

TEST_CASE("what a frozen owner has locked gets free when another claims the partition") {
    Applied deployment;
    Owner frozen(deployment, "frozen");
    frozen.open();
    // The owner's backend sits in a transaction that holds the progress, and its client never
    // speaks again.
    postgres::Connection holder(deployment.url());
    postgres::Transaction transaction(holder);
    transaction.query("SELECT pg_advisory_xact_lock_shared(" +
                      postgres::batch_mark(std::to_string(frozen.epoch())) + ")");
    transaction.query("SELECT FROM tidewheel.progress FOR UPDATE");
    Owner present(deployment, "present");
    CHECK(present.open() == 0);
    present.commit(0, {R"({"n": 1})"});
    CHECK(deployment.stored() == "1");
}

TEST_CASE(
    "a lane's session doesn't grow old, since its temporary tables would hold back the vacuum") {
    Applied deployment;
    Owner owner(deployment, "owner", {.renew_after = std::chrono::seconds(0)});
    owner.open();
    std::set<std::string> backends;
    for (int n = 0; n < 3; ++n) {
        owner.commit(n, {R"({"n": )" + std::to_string(n) + "}"});
        backends.insert(deployment.value(
            "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE application_name = "
            "'owner' AND datname = current_database()"));
    }
    CHECK(backends.size() == 3);
    CHECK(deployment.stored() == "0,1,2");
    Owner other(deployment, "other", {.renew_after = std::chrono::seconds(0)});
    other.open();
    CHECK(owner.refusal(3, {R"({"n": 3})"}) == Error::Kind::fenced);
    CHECK(deployment.stored() == "0,1,2");
}
