// Which dead letters a time selects: what `dlq discard` deletes by it can't be had back.
#include "redrives.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;
using Catch::Matchers::ContainsSubstring;

namespace {

// Letters of this age each, by whose offset one knows them.
void park(const Deployment& deployment, const std::vector<std::string>& ages) {
    for (std::size_t i = 0; i < ages.size(); ++i)
        deployment.query(
            "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", payload, "
            "reason, detail, missed_by, parked_at) SELECT id, topic, 0, $1::bigint, '{}', "
            "'not_json', '', '{}', now() - $2::interval FROM tidewheel.streams",
            {std::to_string(i), ages[i]});
}

std::string discarded(const Deployment& deployment) {
    return deployment.value(
        "SELECT string_agg(\"offset\"::text, ' ' ORDER BY \"offset\") FROM tidewheel.dead_letters "
        "WHERE discarded_at IS NOT NULL");
}

}  // namespace

TEST_CASE("dlq takes '30 days ago' for what '30 days' is, in any spelling that it can tell") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "90 minutes", "29 days", "31 days", "60 days"});
    SECTION("until") {
        const std::string until = GENERATE("30 days", "30 days ago", "30 DAYS", "720 hours AGO ");
        INFO(until);
        deployment.must({"dlq", "discard", "--yes", "--until", until});
        CHECK(discarded(deployment) == "3 4");
    }
    SECTION("since") {
        const std::string since = GENERATE("1 hour", "1 hour ago", "60 MINUTES", "PT1H");
        INFO(since);
        deployment.must({"dlq", "discard", "--yes", "--since", since});
        CHECK(discarded(deployment) == "0");
    }
    SECTION("a time") {
        deployment.must({"dlq", "discard", "--yes", "--since", "2020-01-31T12:00Z", "--until",
                         deployment.value("SELECT now() - interval '1 day'")});
        CHECK(discarded(deployment) == "2 3 4");
    }
}

TEST_CASE("dlq refuses a time that it could get wrong, says why, and touches nothing") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "90 minutes", "31 days"});
    const auto [time, why] =
        GENERATE(table<std::string, std::string>({{"20260131", "as well as"},
                                                  {"30", "without a unit"},
                                                  {"1 hour 30", "without a unit"},
                                                  {"2026-01", "without a unit"},
                                                  {"12:00", "without a unit"},
                                                  {"-30 days", "not a time in the past"},
                                                  {"0 days ago", "not a time in the past"},
                                                  {"02/01/2026", "which is the day"},
                                                  {"yesterweek", "neither"},
                                                  {"", "empty"}}));
    const std::string flag = GENERATE("--since", "--until");
    INFO(flag << " '" << time << "'");
    const Finished refused =
        deployment.tidewheel({"dlq", "discard", "--reason", "not_json", "--yes", flag, time});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, ContainsSubstring(flag) && ContainsSubstring(why));
    CHECK(discarded(deployment) == "\\N");
}
