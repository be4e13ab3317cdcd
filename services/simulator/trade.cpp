#include "simulator/trade.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace tidewheel::simulator {
namespace {

using producer::SplitMix64;

struct Asset {
    std::string_view id, symbol, name;
    int dollars;                  // a piece, about
    std::string_view max_supply;  // empty: there is none
    bool is_late;                 // listed after the others
};
constexpr std::array<Asset, 12> listed{{
    {"bitcoin", "BTC", "Bitcoin", 67'000, "21000000.0000000000000000", false},
    {"ethereum", "ETH", "Ethereum", 3'500, "", false},
    {"binance-coin", "BNB", "BNB", 600, "166801148.0000000000000000", false},
    {"xrp", "XRP", "XRP", 2, "45404028640.0000000000000000", false},
    {"cardano", "ADA", "Cardano", 1, "45000000000.0000000000000000", false},
    {"dogecoin", "DOGE", "Dogecoin", 1, "", false},
    {"litecoin", "LTC", "Litecoin", 85, "84000000.0000000000000000", false},
    {"tron", "TRX", "TRON", 1, "", false},
    {"chainlink", "LINK", "Chainlink", 14, "1000000000.0000000000000000", true},
    {"stellar", "XLM", "Stellar", 1, "50001806812.0000000000000000", true},
    {"monero", "XMR", "Monero", 150, "", true},
    {"dash", "DASH", "Dash", 30, "18900000.0000000000000000", true},
}};
constexpr std::string_view never_listed = "unheard-of";
constexpr std::array<std::string_view, 4> quotes{"tether", "bitcoin", "ethereum", "usd-coin"};
constexpr std::uint64_t repeated_within = 50;

SplitMix64 random_of(std::uint64_t seed, std::uint64_t number) {
    return SplitMix64(SplitMix64::mix(seed + 1) + SplitMix64::mix(number + 1));
}

void add_text(std::string& json, std::string_view name, std::string_view value) {
    json.append("\"").append(name).append("\":\"").append(value).append("\",");
}

void add_decimal(std::string& json, std::string_view name, double value) {
    char text[64];
    std::snprintf(text, sizeof(text), "\"%.*s\":%.8f,", static_cast<int>(name.size()), name.data(),
                  value);
    json.append(text);
}

void add_decimal_text(std::string& json, std::string_view name, double value) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.16f", value);
    add_text(json, name, text);
}

}  // namespace

bool Trades::is_bad(std::uint64_t number) const {
    return random_of(~options_.seed, number).chance(bad_);
}

std::uint64_t Trades::original_of(std::uint64_t number) const {
    SplitMix64 random = random_of(options_.seed ^ 0x5555, number);
    if (number == 0 || !random.chance(repeated_)) return number;
    const std::uint64_t earlier = number - 1 - random.next() % std::min(number, repeated_within);
    return is_bad(earlier) ? number : original_of(earlier);
}

std::string Trades::trade(std::uint64_t number) const {
    SplitMix64 random = random_of(options_.seed, number);
    const std::uint32_t which = random.below(listed.size() + 1);
    const bool is_listed = which < listed.size();
    const double about = is_listed ? listed[which].dollars : 1;
    const double price = about * (1 + random.between(-500, 500) / 10'000.0);
    const auto past = static_cast<std::int64_t>(static_cast<double>(number) * 1000 / options_.rate);
    std::string json = "{";
    add_text(json, "exchange", "binance");
    if (!is_bad(number) || number % 4 != 2)
        add_text(json, "base", is_listed ? listed[which].id : never_listed);
    add_text(json, "quote", quotes[random.below(quotes.size())]);
    add_text(json, "direction", random.coin() ? "buy" : "sell");
    if (is_bad(number) && number % 4 == 3)
        add_text(json, "price", "high");
    else
        add_decimal(json, "price", price);
    add_decimal(json, "volume", random.between(1, 1'000'000) / 10'000.0);
    json.append("\"timestamp\":").append(std::to_string(options_.start + past)).append(",");
    add_decimal(json, "priceUsd", price * 1.0001);
    json.back() = '}';
    return json;
}

std::string Trades::message(std::uint64_t number) const {
    if (!is_bad(number)) return trade(original_of(number));
    std::string json = trade(number);
    if (number % 4 == 0) json.resize(json.size() / 2);
    return number % 4 == 1 ? "\"heartbeat\"" : json;
}

std::string Trades::assets(std::uint64_t said) const {
    std::string json = "{\"data\":[";
    int rank = 0;
    for (const Asset& asset : listed) {
        ++rank;
        if (asset.is_late && said < options_.list_late) continue;
        if (json.back() == '}') json.push_back(',');
        json.push_back('{');
        add_text(json, "id", asset.id);
        add_text(json, "rank", std::to_string(rank));
        add_text(json, "symbol", asset.symbol);
        add_text(json, "name", asset.name);
        add_text(json, "supply", "1000000.0000000000000000");
        if (asset.max_supply.empty())
            json.append("\"maxSupply\":null,");
        else
            add_text(json, "maxSupply", asset.max_supply);
        add_decimal_text(json, "marketCapUsd", asset.dollars * 1'000'000.0);
        add_decimal_text(json, "volumeUsd24Hr", asset.dollars * 30'000.0);
        add_decimal_text(json, "priceUsd", asset.dollars);
        add_decimal_text(json, "changePercent24Hr", rank % 2 == 0 ? -1.25 : 1.25);
        add_decimal_text(json, "vwap24Hr", asset.dollars * 1.001);
        add_text(json, "explorer", "https://explorer.example/" + std::string(asset.id));
        json.back() = '}';
    }
    const bool is_complete = said >= options_.list_late;
    return json + "],\"timestamp\":" + std::to_string(options_.start + (is_complete ? 1 : 0)) + "}";
}

}  // namespace tidewheel::simulator
