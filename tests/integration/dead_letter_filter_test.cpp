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

TEST_CASE("dlq says what a selection names and nothing bears") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "2 minutes", "3 minutes"});
    const std::string command = GENERATE("list", "redrive", "discard", "export");
    const std::string flag = GENERATE("--stream", "--statement", "--topic", "--reason");
    INFO(command << ' ' << flag);
    const Finished refused = deployment.tidewheel({"dlq", command, flag, "misspelled"});
    CHECK(refused.status == 2);
    CHECK(refused.output == "");
    CHECK_THAT(refused.errors, ContainsSubstring("misspelled"));
}

TEST_CASE("dlq warns of numbers that no dead letter has, in the document where there is one") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "2 minutes"});
    const std::string first = deployment.value("SELECT min(id) FROM tidewheel.dead_letters");
    const std::string warning = "there is no such dead letter (any more): 998, 999";
    for (const std::string command : {"redrive", "export", "discard"}) {
        INFO(command);
        std::vector<std::string> words{"dlq", command, "999", first, "998"};
        if (command != "export") words.push_back("--yes");
        CHECK_THAT(deployment.tidewheel(words).errors, ContainsSubstring(warning));
    }
    const Finished documented =
        deployment.tidewheel({"dlq", "redrive", "--yes", "--json", "998", "999"});
    CHECK(documented.errors == "");
    CHECK_THAT(documented.output, ContainsSubstring(warning));
}

TEST_CASE("dlq list says how many there are when it shows only some") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "2 minutes", "3 minutes"});
    CHECK_THAT(deployment.tidewheel({"dlq", "list", "--limit", "2"}).output,
               ContainsSubstring("2 of 3"));
    CHECK(deployment.tidewheel({"dlq", "list"}).output.find(" of 3") == std::string::npos);
    CHECK_THAT(deployment.tidewheel({"dlq", "list", "--limit", "1", "--json"}).output,
               ContainsSubstring("\"total\": 3"));
}
