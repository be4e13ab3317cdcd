#include "simulator/exchange.hpp"

#include <algorithm>
#include <set>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/http/websocket.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::simulator;
using namespace std::chrono_literals;
using codec::Json;

namespace {

ExchangeOptions fast() {
    ExchangeOptions options;
    options.count = 100;
    options.trades = {.seed = 3, .rate = 100'000};
    return options;
}

http::WebSocket connected(const Exchange& exchange) {
    return http::WebSocket("ws://" + exchange.address() + "/trades/binance", {}, {});
}

// The messages that come until the connection ends, or there are so many of them.
std::vector<std::string> heard(http::WebSocket& socket, std::size_t most) {
    std::vector<std::string> messages;
    http::WebSocket::Message message;
    try {
        while (messages.size() < most)
            if (socket.receive(message, 10s)) messages.push_back(message.bytes);
    } catch (const Error&) {  // it has ended
    }
    return messages;
}

}  // namespace

TEST_CASE("A trade has the fields of the reference, and the same number is the same bytes") {
    const Trades trades({.seed = 5});
    const Json trade = Json::parse(trades.message(7)).value();
    std::string names;
    for (const auto& [name, value] : trade.members())
        names += name + " ";
    CHECK(names == "exchange base quote direction price volume timestamp priceUsd ");
    CHECK(trades.message(7) == Trades({.seed = 5}).message(7));
    CHECK(trades.message(7) != Trades({.seed = 6}).message(7));
}

TEST_CASE("Bad messages and repetitions come as often as asked for") {
    const Trades trades({.seed = 1, .bad = 10, .repeated = 20});
    int bad = 0, repeated = 0;
    std::set<std::string> seen;
    for (std::uint64_t number = 0; number < 5000; ++number) {
        const std::string message = trades.message(number);
        const auto json = Json::parse(message);
        const bool is_trade =
            json && json->is_object() && json->find("base") && json->find("price")->is_number();
        REQUIRE(is_trade != trades.is_bad(number));
        if (!is_trade)
            ++bad;
        else
            repeated += !seen.insert(message).second;
    }
    CHECK(std::abs(bad - 500) < 100);
    CHECK(std::abs(repeated - 800) < 150);
}

TEST_CASE("Assets have twelve fields, some have no greatest supply, and some are listed later") {
    const Trades trades({.list_late = 10});
    const Json early = Json::parse(trades.assets(9)).value();
    const Json late = Json::parse(trades.assets(10)).value();
    CHECK(early.find("data")->items().size() < late.find("data")->items().size());
    std::size_t unlimited = 0;
    for (const Json& asset : late.find("data")->items()) {
        CHECK(asset.members().size() == 12);
        unlimited += asset.find("maxSupply")->is_null();
    }
    CHECK(unlimited == 4);
}

TEST_CASE("A client that the exchange disconnects misses nothing") {
    ExchangeOptions options = fast();
    options.disconnect_every = 40;
    const Exchange exchange(options);
    std::vector<std::string> all;
    while (all.size() < options.count) {
        http::WebSocket socket = connected(exchange);
        const auto more = heard(socket, options.count - all.size());
        CHECK(more.size() <= 40);
        all.insert(all.end(), more.begin(), more.end());
    }
    const Trades trades(options.trades);
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(all[i] == trades.message(i));
    const Json said =
        Json::parse(http::fetch("GET", "http://" + exchange.address() + "/said").body).value();
    CHECK(said.find("messages")->integer() == 100);
    CHECK(said.find("is_over")->boolean());
}

TEST_CASE("Another client takes the place of the one that listens") {
    ExchangeOptions options = fast();
    options.trades.rate = 200;
    const Exchange exchange(options);
    http::WebSocket first = connected(exchange);
    CHECK(heard(first, 5).size() == 5);
    http::WebSocket second = connected(exchange);
    const auto rest = heard(second, 20);
    CHECK(rest.size() == 20);
    CHECK(heard(first, 100).size() < 100);
}
