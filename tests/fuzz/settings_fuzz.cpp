// A settings file, and every value in it as a size and as a time.
#include "fuzz.hpp"
#include "quantity.hpp"
#include "settings_file.hpp"
#include "tidewheel/core/error.hpp"

using namespace tidewheel;
using fuzz::require;

namespace {

void check_quantity(const std::string& text) {
    if (const auto bytes = parse_bytes(text))
        require(parse_bytes(print_bytes(*bytes)) == bytes, "another size: " + text);
    if (const auto time = parse_duration(text))
        require(parse_duration(print_duration(*time)) == time, "another time: " + text);
    if (const auto count = parse_count(text))
        require(parse_count(std::to_string(*count)) == count, "another count: " + text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        for (const FileSetting& each : parse_settings_file(fuzz::text_of(data, size))) {
            require(!each.key.empty() && each.line > 0, "a setting without a key or a line");
            for (const std::string& value : each.values)
                check_quantity(value);
        }
    } catch (const Error& error) {
        require(error.kind() == Error::Kind::setting, "not a setting's error");
    }
    return 0;
}
