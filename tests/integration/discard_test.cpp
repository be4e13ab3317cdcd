// Dead letters that are discarded.
#include "redrives.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("dead letters that are discarded stay discarded, and all the rest stays correct") {
    Deployment deployment;
    require_applied(deployment);
    Services services(deployment);
    deployment.send(0, numbers(995, 1005));
    deployment.arrive();
    CHECK(deployment.tidewheel({"dlq", "discard", "--yes"}).status == 2);  // of nothing chosen
    const Finished unasked = deployment.tidewheel({"dlq", "discard", "--all"});
    CHECK(unasked.status == 2);
    deployment.must({"dlq", "discard", "--yes", "--since", "1 hour"});
    CHECK(letters(deployment) == "5");
    CHECK(deployment.value("SELECT count(coalesce(key, headers::text::bytea, payload)) FROM "
                           "tidewheel.dead_letters") == "0");
    CHECK_THAT(deployment.tidewheel({"dlq", "list"}).output, ContainsSubstring("No dead letters"));
    CHECK_THAT(deployment.tidewheel({"dlq", "list", "--discarded"}).output,
               ContainsSubstring("check_violation"));
    check_verified(deployment);
    mend_rules(deployment);
    check_verified(deployment);
    CHECK_THAT(deployment.tidewheel({"dlq", "redrive", "--yes"}).output,
               ContainsSubstring("stored: 0"));
    CHECK(letters(deployment) == "5");
    CHECK(deployment.value("SELECT count(*) FROM whole") == "5");
    check_verified(deployment);
}
