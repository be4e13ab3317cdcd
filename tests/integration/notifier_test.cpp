// Rows by webhook: each reaches every subscriber, in order, with one id.
#include <csignal>
#include <random>

#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"
#include "webhooks.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;
using testing::Hook;
using testing::offsets_in_order;
using testing::start_notifier;

namespace {

const std::string stream = R"(
CREATE FOREIGN TABLE prices (
    product text NOT NULL,
    price   numeric,
    part    integer OPTIONS (partition 'true'),
    pos     bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}', partitions '3');
)";
const std::string statement =
    "INSERT INTO price_changes SELECT product, price, part, pos FROM prices;";

std::string sink(const std::string& options) {
    return "CREATE FOREIGN TABLE price_changes (product text, price numeric(10,2), part integer, "
           "pos bigint NOT NULL) SERVER webhook OPTIONS (" +
           options + ");\n";
}

std::string to(const Hook& hook, const std::string& more = "") {
    return sink("url '" + hook.url() + "'" + more);
}

void send(const testing::Deployment& site, int partition, int count) {
    std::vector<std::string> records;
    for (int i = 0; i < count; ++i)
        records.push_back(R"({"product":"p)" + std::to_string(i) + R"(","price":1.5})");
    site.send(partition, records);
}

std::int64_t number(const testing::Deployment& site, const std::string& sql) {
    return std::stoll(site.value(sql));
}

// From the first offset to the last one, without a gap.
void require_in_order(const Hook& hook, int partitions, std::int64_t each) {
    const auto offsets = offsets_in_order(hook);
    REQUIRE(static_cast<int>(offsets.size()) == partitions);
    for (const auto& [partition, found] : offsets) {
        INFO("partition " << partition);
        REQUIRE(static_cast<std::int64_t>(found.size()) == each);
        for (std::int64_t i = 0; i < each; ++i)
            REQUIRE(found[static_cast<std::size_t>(i)] == i);
    }
}

}  // namespace

TEST_CASE("A row is sent as it was computed, and leaves the outbox when it was taken") {
    const testing::Deployment site;
    const Hook hook;
    testing::require_applied(site, stream + to(hook) + statement);
    const auto worker = site.start("tidewheel-worker");
    const auto notifier = start_notifier(site);
    site.send(1, {R"({"product":"a \"b\"","price":12.5})"});
    eventually("the row is taken", [&] { return hook.accepted().size() == 1; });
    const Hook::Request one = hook.accepted().front();
    CHECK(
        one.body ==
        "{\"id\":\"" + one.id +
            R"(","type":"price_changes","data":{"product":"a \"b\"","price":12.50,"part":1,"pos":0}})");
    CHECK_THAT(one.id, Catch::Matchers::StartsWith("msg_"));
    CHECK(one.signature.empty());
    eventually("the outbox is empty",
               [&] { return number(site, "SELECT count(*) FROM price_changes") == 0; });
}
