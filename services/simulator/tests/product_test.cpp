#include "simulator/product.hpp"

#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using codec::Json;
using simulator::Products;

TEST_CASE("An update is that of the reference: its fields, its size, Swedish letters") {
    const Products products({.ids = 100'000, .seed = 7});
    const std::string text = products.update(123'456);
    CHECK(text.size() > 1250);
    CHECK(text.size() < 1450);
    const Json update = Json::parse(text).value();
    CHECK(update.find("id")->string() == "product_23456");
    CHECK(update.find("productGroupId")->string() == "productGroup_1456");
    CHECK(update.find("productText")->string().ends_with("ÅÄÖåäö"));
    CHECK(update.find("version")->integer() == 123'456);
    CHECK(update.find("VERY_LONG_ATTRIBUTE_10")->string().size() == 82);
    CHECK(update.members().size() == 18);
}

TEST_CASE("The same seed and number mean the same bytes, and others differ") {
    const Products products({.seed = 1});
    CHECK(products.update(5) == Products({.seed = 1}).update(5));
    CHECK(products.update(5) != Products({.seed = 2}).update(5));
    CHECK(products.update(5) != products.update(100'005));
}

TEST_CASE("Bad updates come as often as asked for, in three kinds") {
    const Products products({.seed = 1, .bad = 10});
    int bad = 0, without_id = 0, with_empty = 0, broken = 0;
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        if (!products.is_bad(number)) continue;
        ++bad;
        const auto update = Json::parse(products.update(number));
        if (!update)
            ++broken;
        else if (!update->find("id"))
            ++without_id;
        else
            with_empty += update->find("id")->string().empty();
    }
    CHECK(bad > 900);
    CHECK(bad < 1100);
    CHECK(bad == without_id + with_empty + broken);
    CHECK(std::min({without_id, with_empty, broken}) > 200);
    CHECK_FALSE(Products({.seed = 1}).is_bad(3));
}
