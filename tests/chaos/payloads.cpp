#include "chaos/payloads.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace tidewheel::chaos {
namespace {

// As they stand between the quotes of a JSON string.
constexpr std::array<std::string_view, 14> hostile_names = {
    R"()",
    R"('); DROP TABLE plain; --)",
    R"(\\.)",                           // the end of a COPY in text form
    R"(\\N)",                           // its NULL
    R"(\n\r\t\b\f\u0001\u001f\u007f)",  // its separators, and control characters
    R"(\"quoted\" and \\\"twice\\\")",
    R"($$ $1 %s {} \\x00)",
    R"(\ud83c\udf0a and \u00e9 and \u0065\u0301)",
    "\xf0\x9f\x8c\x8a \xe2\x80\xae \xef\xbf\xbf",  // four bytes, right to left, a non-character
    R"(NULL)",
    R"(\ufeff\u2028\u2029)",
    R"(id,n,name\r\n1,2,three)",
    R"({\"n\": 1, \"name\": \"inner\"})",
    R"(\/\/ */ /*)",
};

std::vector<std::string> bad_examples() {
    std::vector<std::string> values;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(
             TIDEWHEEL_SOURCE_DIR "/proto/examples/store_events/bad"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());  // the same choice by the same seed, on any file system
    for (const auto& each : files) {
        std::ifstream stream(each, std::ios::binary);
        values.emplace_back(std::istreambuf_iterator<char>(stream),
                            std::istreambuf_iterator<char>());
    }
    return values;
}

std::string record(const std::string& n, std::string_view name) {
    return R"({"n": )" + n + R"(, "name": ")" + std::string(name) + "\"}";
}

}  // namespace

Payloads::Payloads(std::uint64_t seed) : random_(seed), bad_(bad_examples()) {
    for (const char* n : {"-1", "1000", "\"12x\"", "99999999999", "null", "1.5"})
        bad_.push_back(record(n, "breaks the stream's rules"));
    bad_.push_back(R"({"n": 1})");
    bad_.push_back(record("1", R"(\u0000)"));
}

std::size_t Payloads::below(std::size_t bound) {
    return static_cast<std::size_t>(random_() % bound);
}

// Refused ones are rarer: each of them makes its batch run again, carefully.
Kind Payloads::kind() {
    const std::size_t draw = below(1000);
    return draw < 2 ? Kind::refused : draw < 30 ? Kind::bad : Kind::good;
}

std::optional<std::string> Payloads::value(std::int64_t id, Kind kind) {
    const std::string n = std::to_string(id % 1000);
    if (kind == Kind::refused) return record(n, "refused");
    if (kind == Kind::good) {
        if (below(10) > 0) return record(n, "record " + std::to_string(id));
        if (below(50) == 0) return record(n, std::string(20'000, 'x'));
        return record(n, hostile_names.at(below(hostile_names.size())));
    }
    const std::size_t draw = below(bad_.size() + 1);
    if (draw == bad_.size()) return std::nullopt;
    return bad_[draw];
}

}  // namespace tidewheel::chaos
