#include "producer/order.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "memory_sink.hpp"
#include "producer/order_run.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using namespace std::chrono_literals;
using codec::Json;

namespace {

OrderPlan plan(double bad = 0) {
    return {.seed = 3,
            .bad = Share::percent(bad),
            .first = 0,
            .start = *parse_time("2026-11-21"),
            .step = 1s};
}

std::string json_of(const Orders& orders, std::uint64_t number, int region = 1) {
    std::string json;
    Orders::append_json(orders.order(number, region), json);
    return json;
}

const std::vector<RegionTopic> both{{.region = 1, .topic = "a", .partitions = 2},
                                    {.region = 2, .topic = "b", .partitions = 2}};

}  // namespace

TEST_CASE("An order has the fields of the reference in their order, and adds up") {
    const Orders orders(plan());
    for (std::uint64_t number = 0; number < 500; ++number) {
        const Json order = Json::parse(json_of(orders, number)).value();
        std::string names;
        for (const auto& [name, value] : order.members())
            names += name + " ";
        REQUIRE(names ==
                "Region OrderDate FirstName LastName Address City State PostalCode Country Phone "
                "SMSOptIn SMSStatus Email ReceiptUrl Total PaymentTransactionId HasBeenShipped "
                "Details ");
        const auto& lines = order.find("Details")->items();
        REQUIRE(lines.size() >= 1);
        REQUIRE(lines.size() <= 9);
        double total = 0;
        for (const Json& line : lines) {
            REQUIRE(line.find("Email")->string() == order.find("Email")->string());
            REQUIRE(line.find("ProductId")->integer() < first_item_id + 18);
            total += static_cast<double>(line.find("Quantity")->integer()) *
                     line.find("UnitPrice")->number();
        }
        REQUIRE(std::abs(total - order.find("Total")->number()) < 0.001);
        REQUIRE(order.find("OrderDate")->string().size() == 28);
    }
}

TEST_CASE("Lines and quantities are distributed as the reference has it") {
    const Orders orders(plan());
    constexpr int count = 20'000;
    std::map<int, int> lines, quantities, units;
    double all_lines = 0, all_units = 0;
    for (int number = 0; number < count; ++number) {
        const Order order = orders.order(static_cast<std::uint64_t>(number), 1);
        ++lines[order.lines];
        ++quantities[order.quantity];
        all_lines += order.lines;
        all_units += order.lines * order.quantity;
        for (int line = 0; line < order.lines; ++line)
            units[first_item_id + order.first_item + line] += order.quantity;
    }
    CHECK(std::abs(lines[1] / double{count} - 0.2) < 0.02);
    CHECK(std::abs(lines[9] / double{count} - 0.1) < 0.02);
    CHECK(std::abs(quantities[1] / double{count} - 0.4) < 0.02);
    CHECK(std::abs(all_lines / count - 4.6) < 0.1);
    CHECK(std::abs(all_units / count - 10.12) < 0.2);
    CHECK(units.size() == 18);
    std::vector<std::pair<int, int>> top;
    for (const auto& [item, sold] : units)
        top.emplace_back(-sold, item);
    std::ranges::sort(top);
    std::set<int> best;
    for (std::size_t i = 0; i < 10; ++i)
        best.insert(top[i].second);
    CHECK(*best.begin() == 397'520);
    CHECK(*best.rbegin() == 397'529);
}

TEST_CASE("Regions alternate strictly, and the partitions of each are used in turn") {
    MemorySink sink;
    const OrderReport report = send_orders(Orders(plan()), {.count = 9}, both, sink, {});
    CHECK(report.sent == 9);
    CHECK(report.complete());
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(sink.sent[i].topic == i % 2);
        CHECK(sink.sent[i].partition == static_cast<int>(i / 2 % 2));
        CHECK(Json::parse(sink.sent[i].value)->find("Region")->string() ==
              (i % 2 == 0 ? "Region1" : "Region2"));
    }
}

TEST_CASE("One topic takes all orders, as those of its own region") {
    CHECK(region_topics("x").front().region == 1);
    CHECK(region_topics(",x").front().region == 2);
    CHECK(region_topics("x,y").size() == 2);
    CHECK_THROWS_AS(region_topics(""), Error);
    CHECK_THROWS_AS(region_topics("x,y,z"), Error);
}

TEST_CASE("Bad orders are of five kinds, and count for no revenue") {
    const Orders orders(plan(20));
    std::array<int, order_flaws> flaws{};
    int bad = 0;
    std::int64_t revenue = 0;
    for (std::uint64_t number = 0; number < 5000; ++number) {
        const Order order = orders.order(number, 1);
        if (!order.flaw) {
            revenue += order.total_cents();
            continue;
        }
        ++bad;
        ++flaws[static_cast<std::size_t>(*order.flaw)];
        CHECK(Json::parse(json_of(orders, number)).has_value() !=
              (order.flaw == OrderFlaw::cut_off));
    }
    CHECK(std::abs(bad - 1000) < 100);
    CHECK(*std::ranges::min_element(flaws) > 150);
    MemorySink sink;
    const std::vector<RegionTopic> one{both.front()};
    const OrderReport report = send_orders(orders, {.count = 5000}, one, sink, {});
    CHECK(report.bad == static_cast<std::uint64_t>(bad));
    CHECK(report.revenue_cents == revenue);
}

TEST_CASE("The seed data of the pipeline have the prices that orders have") {
    std::ifstream file(TIDEWHEEL_SOURCE_DIR "/pipelines/systems/orders_catalogue.sql");
    std::stringstream text;
    text << file.rdbuf();
    for (int item = first_item_id; item <= last_item_id; ++item) {
        const int cents = item_price_cents(item);
        CHECK(cents >= 502);
        CHECK(cents <= 1498);
        char price[16];
        std::snprintf(price, sizeof(price), "%d.%02d", cents / 100, cents % 100);
        const std::string row = "(" + std::to_string(item) + ", " + price + ", ";
        INFO(row);
        CHECK(text.str().find(row) != std::string::npos);
    }
}
