#include "simulator/product.hpp"

#include <array>
#include <string_view>

namespace tidewheel::simulator {
namespace {

using producer::SplitMix64;

constexpr std::uint64_t groups = 2000;
constexpr int long_attributes = 10, long_size = 82, text_size = 5;
constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

SplitMix64 random_of(std::uint64_t seed, std::uint64_t number) {
    return SplitMix64(SplitMix64::mix(seed) + number);
}

void add_random(std::string& text, SplitMix64& random, int size) {
    for (int i = 0; i < size; ++i)
        text += letters[random.below(static_cast<std::uint32_t>(letters.size()))];
}

}  // namespace

bool Products::is_bad(std::uint64_t number) const {
    return random_of(~options_.seed, number).chance(bad_);
}

std::string Products::update(std::uint64_t number) const {
    const std::uint64_t product = number % options_.ids;
    SplitMix64 random = random_of(options_.seed, number);
    const std::string id = "\"product_" + std::to_string(product) + "\"";
    const bool bad = is_bad(number);
    std::string json = "{";
    if (!bad)
        json += "\"id\":" + id + ",";
    else if (number % 3 == 1)
        json += "\"id\":\"\",";
    json += "\"productGroupId\":\"productGroup_" + std::to_string(product % groups) +
            "\",\"productText\":\"";
    add_random(json, random, text_size);
    json +=
        " ÅÄÖåäö\",\"productStatusId\":11,\"temperatureMax\":-18,\"temperatureMin\":-23,"
        "\"expiryDate\":\"19.02.2018 03:56:29\",\"version\":" +
        std::to_string(number);
    for (int i = 1; i <= long_attributes; ++i) {
        json += ",\"VERY_LONG_ATTRIBUTE_" + std::to_string(i) + "\":\"";
        add_random(json, random, long_size);
        json += '"';
    }
    json += '}';
    if (bad && number % 3 == 2) json.resize(json.size() / 2);
    return json;
}

}  // namespace tidewheel::simulator
