// Which dead letters a time selects: what `dlq discard` deletes by it can't be restored.
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
    const auto discards = [&](const std::vector<std::string>& selection) {
        deployment.query("DELETE FROM tidewheel.dead_letters");
        park(deployment, {"1 minute", "90 minutes", "29 days", "31 days", "60 days"});
        std::vector<std::string> command{"dlq", "discard", "--yes"};
        command.insert(command.end(), selection.begin(), selection.end());
        deployment.must(command);
        return discarded(deployment);
    };
    for (const char* until : {"30 days", "30 days ago", "30 DAYS", "720 hours AGO "}) {
        INFO(until);
        CHECK(discards({"--until", until}) == "3 4");
    }
    for (const char* since : {"1 hour", "1 hour ago", "60 MINUTES", "PT1H"}) {
        INFO(since);
        CHECK(discards({"--since", since}) == "0");
    }
    CHECK(discards({"--since", "2020-01-31T12:00Z", "--until",
                    deployment.value("SELECT now() - interval '1 day'")}) == "2 3 4");
}

TEST_CASE("dlq refuses a time that it could get wrong, says why, and touches nothing") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "90 minutes", "31 days"});
    constexpr std::pair<const char*, const char*> cases[] = {
        {"20260131", "both a time and"},
        {"30", "without a unit"},
        {"1 hour 30", "without a unit"},
        {"2026-01", "without a unit"},
        {"12:00", "without a unit"},
        {"-30 days", "not a time in the past"},
        {"0 days ago", "not a time in the past"},
        {"02/01/2026", "day and month are ambiguous"},
        {"yesterweek", "neither"},
        {"", "empty"},
    };
    for (const char* flag : {"--since", "--until"})
        for (const auto& [time, why] : cases) {
            INFO(flag << " '" << time << "'");
            const Finished refused = deployment.tidewheel(
                {"dlq", "discard", "--reason", "not_json", "--yes", flag, time});
            CHECK(refused.status == 2);
            CHECK_THAT(refused.errors, ContainsSubstring(flag) && ContainsSubstring(why));
            CHECK(discarded(deployment) == "\\N");
        }
}

TEST_CASE("dlq says what a selection names and nothing bears") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "2 minutes", "3 minutes"});
    for (const char* command : {"list", "redrive", "discard", "export"})
        for (const char* flag : {"--stream", "--statement", "--topic", "--reason"}) {
            INFO(command << ' ' << flag);
            const Finished refused = deployment.tidewheel({"dlq", command, flag, "misspelled"});
            CHECK(refused.status == 2);
            CHECK(refused.output == "");
            CHECK_THAT(refused.errors, ContainsSubstring("misspelled"));
        }
}

TEST_CASE("dlq warns of numbers that no dead letter has, in the document where there is one") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, {"1 minute", "2 minutes"});
    const std::string first = deployment.value("SELECT min(id) FROM tidewheel.dead_letters");
    const std::string warning = "these dead letters do not exist: 998, 999";
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
