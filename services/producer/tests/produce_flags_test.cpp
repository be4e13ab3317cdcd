#include "producer/produce_flags.hpp"

#include <algorithm>

#include "producer/service_flags.hpp"
#include "producer/time_text.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using namespace std::chrono_literals;

namespace {

const flags::Flag& flag(const std::vector<flags::Flag>& flags, const std::string& name) {
    return *std::ranges::find(flags, name, &flags::Flag::name);
}

}  // namespace

TEST_CASE("the flags set the options") {
    ProduceOptions options;
    const auto flags = produce_flags(options);
    const std::pair<const char*, const char*> line[] = {
        {"stream", "other"}, {"--count", "7"},      {"--rate", "2.5"},
        {"--seed", "9"},     {"--bad", "10"},       {"--late", "5"},
        {"--late-by", "2h"}, {"--duplicates", "1"}, {"--start", "2026-01-01T00:00:00Z"},
        {"--span", "30m"},   {"--topic", "t"},      {"--store-fqdn", "f"},
        {"--store-ip", "i"}};
    for (const auto& [name, value] : line)
        flag(flags, name).read(value);
    CHECK(std::size(line) == flags.size());
    CHECK(options.stream == "other");
    CHECK(options.count == 7);
    CHECK(options.rate == 2.5);
    CHECK(options.seed == 9u);
    CHECK(options.bad == 10);
    CHECK(options.late == 5);
    CHECK(options.late_by == 2h);
    CHECK(options.duplicates == 1);
    CHECK(options.start == parse_time("2026-01-01"));
    CHECK(options.span == 30min);
    CHECK(options.topic == "t");
    CHECK(options.store_fqdn == "f");
    CHECK(options.store_ip == "i");
}

TEST_CASE("a flag with a value that makes no sense is refused") {
    ProduceOptions options;
    const auto flags = produce_flags(options);
    const std::pair<const char*, const char*> wrong[] = {
        {"--count", "-1"}, {"--count", "ten"},       {"--count", "5x"},
        {"--count", ""},   {"--rate", "nan"},        {"--rate", "-1"},
        {"--bad", "101"},  {"--late", "-1"},         {"--span", "soon"},
        {"--seed", "-1"},  {"--start", "yesterday"}, {"--start", "2026-01-01T00:00:00+02:00"}};
    for (const auto& [name, value] : wrong) {
        CAPTURE(name, value);
        CHECK_THROWS_AS(flag(flags, name).read(value), Error);
    }
}

TEST_CASE("the service has the same flags, with defaults of its own") {
    ServiceOptions options;
    const auto flags = service_flags(options);
    CHECK(flag(flags, "--count").preset == "10");
    CHECK(flag(flags, "--store-fqdn").preset.empty());
    flag(flags, "--wait-between").read("500ms");
    CHECK(options.wait_between == 500ms);
    flag(flags, "--topic").read("t");
    CHECK(options.produce.topic == "t");
}
