// A command does what the user has confirmed, and no more, even if the data change meanwhile.
#include <iostream>
#include <streambuf>

#include "cli/commands/drop.hpp"
#include "cli/commands/reset.hpp"
#include "cli/context.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::orders_pipeline;
using testing::TidewheelCli;

namespace {

// Sits at the terminal: reads the question, lets something happen, and says yes.
class Human : public std::streambuf {
  public:
    explicit Human(std::function<void()> meanwhile)
        : meanwhile_(std::move(meanwhile)), before_(std::cin.rdbuf(this)) {}
    ~Human() override { std::cin.rdbuf(before_); }
    Human(const Human&) = delete;
    Human& operator=(const Human&) = delete;

  protected:
    int_type underflow() override {
        if (answered_) return traits_type::eof();
        answered_ = true;
        meanwhile_();
        setg(answer_.data(), answer_.data(), answer_.data() + answer_.size());
        return traits_type::to_int_type(answer_.front());
    }

  private:
    std::function<void()> meanwhile_;
    std::streambuf* before_;
    bool answered_ = false;
    std::string answer_ = "y\n";
};

struct Asked : TidewheelCli {
    Asked() {
        REQUIRE(run({"init"}).status == 0);
        REQUIRE(run({"apply", file(orders_pipeline)}).status == 0);
        context.settings.database = database().url();
        context.settings.kafka = testing::kafka().brokers;
        context.can_ask = true;
    }
    std::string progress(const std::string& statement) const {
        return value(
            "SELECT next_offset FROM tidewheel.progress JOIN tidewheel.statements s ON "
            "s.id = statement_id WHERE partition = 0 AND s.name = '" +
            statement + "'");
    }

    std::ostringstream out, err;
    cli::Context context{out, err};
};

cli::ResetOptions reset_to(const std::string& to) {
    cli::ResetOptions options;
    options.statements = {"dear_orders"};
    options.to = to;
    return options;
}

const std::vector<std::string> three_records{R"({"id": 1, "shop": "a", "price": 12})",
                                             R"({"id": 2, "shop": "a", "price": 13})",
                                             R"({"id": 3, "shop": "a", "price": 14})"};

}  // namespace

TEST_CASE("drop --cascade takes no statement that was not named when it asked") {
    Asked asked;
    const Human human([&] {
        const auto applied =
            asked.run({"apply", asked.file("CREATE TABLE cheap (id integer);\n"
                                           "INSERT INTO cheap SELECT id FROM orders;",
                                           "2.sql")});
        INFO(applied.errors);
        REQUIRE(applied.status == 0);
    });
    CHECK_THROWS_MATCHES(cli::drop(asked.context, {{"orders"}, true, false}), Error,
                         Catch::Matchers::Predicate<Error>([](const Error& error) {
                             return error.kind() == Error::Kind::unavailable;
                         }));
    CHECK_THAT(asked.err.str(),
               ContainsSubstring("rows dear_orders") && !ContainsSubstring("rows cheap"));
    CHECK(asked.value("SELECT count(*) FROM tidewheel.statements") == "3");
}

TEST_CASE("drop --cascade takes what is left of that which it named") {
    Asked asked;
    const Human human([&] { REQUIRE(asked.run({"drop", "by_shop", "--yes"}).status == 0); });
    CHECK(cli::drop(asked.context, {{"orders"}, true, false}) == 0);
    CHECK(asked.value("SELECT count(*) FROM tidewheel.statements") == "0");
}

TEST_CASE("reset to the end skips nothing that came after it asked") {
    Asked asked;
    asked.produce(three_records);
    const Human human([&] { asked.produce(three_records); });
    CHECK(cli::reset(asked.context, reset_to("latest")) == 0);
    CHECK_THAT(asked.err.str(), ContainsSubstring("continues at 3"));
    CHECK(asked.progress("dear_orders") == "3");
    CHECK(asked.value("SELECT end_offset FROM tidewheel.skipped") == "3");
}

TEST_CASE("reset to a time that is still to come skips nothing that came after it asked") {
    Asked asked;
    asked.produce(three_records);
    const Human human([&] { asked.produce(three_records); });
    CHECK(cli::reset(asked.context, reset_to("2999-01-01T00:00Z")) == 0);
    CHECK(asked.progress("dear_orders") == "3");
}

TEST_CASE("reset to the end doesn't lead back what has passed it meanwhile") {
    Asked asked;
    asked.produce(three_records);
    const Human human([&] {
        asked.produce(three_records);
        asked.query("UPDATE tidewheel.progress SET next_offset = 5 WHERE partition = 0");
    });
    CHECK(cli::reset(asked.context, reset_to("latest")) == 0);
    CHECK(asked.progress("dear_orders") == "5");
    CHECK(asked.value("SELECT count(*) FROM tidewheel.skipped") == "0");
}
