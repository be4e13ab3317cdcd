// Dead letters that are parked while the user is asked are neither discarded nor redriven.
#include <iostream>

#include "cli/commands/dlq_discard.hpp"
#include "cli/commands/dlq_redrive.hpp"
#include "cli/context.hpp"
#include "redrives.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::redrives;
using Catch::Matchers::ContainsSubstring;

namespace {

void park(const Deployment& deployment, int offset) {
    deployment.query(
        "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", payload, "
        "reason, detail, missed_by) SELECT id, topic, 0, $1::bigint, '{\"n\": 1, \"store\": "
        "\"s\"}', 'not_json', '', "
        "ARRAY(SELECT id FROM tidewheel.statements) FROM tidewheel.streams",
        {std::to_string(offset)});
}

// Standard input: a user who is asked, and says yes after something has happened.
class Human : public std::streambuf {
  public:
    explicit Human(std::function<void()> meanwhile)
        : meanwhile_(std::move(meanwhile)), before_(std::cin.rdbuf(this)) {}
    ~Human() override {
        std::cin.rdbuf(before_);
        std::cin.clear();
    }

  private:
    int underflow() override {
        if (std::exchange(asked_, true)) return traits_type::eof();
        meanwhile_();
        setg(answer_, answer_, answer_ + 2);
        return *answer_;
    }

    std::function<void()> meanwhile_;
    std::streambuf* before_;
    char answer_[2] = {'y', '\n'};
    bool asked_ = false;
};

}  // namespace

TEST_CASE("dead letters that are parked during the question are left alone") {
    Deployment deployment;
    require_applied(deployment);
    park(deployment, 1);
    park(deployment, 2);
    std::ostringstream out, err;
    cli::Context context(out, err);
    context.settings.database = deployment.url();
    context.can_ask = true;
    {
        Human human([&] { park(deployment, 3); });
        if (GENERATE(true, false))
            CHECK(cli::dlq_discard(context, {{}, true, false}) == 0);
        else
            CHECK(cli::dlq_redrive(context, {{}, false, false}) == 0);
    }
    CHECK_THAT(err.str(), ContainsSubstring("2 dead letters"));
    CHECK(deployment.value("SELECT string_agg(\"offset\"::text, ' ') FROM tidewheel.dead_letters "
                           "WHERE discarded_at IS NULL") == "3");
}
