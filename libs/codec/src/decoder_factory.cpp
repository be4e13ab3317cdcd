#include "tidewheel/codec/decoder_factory.hpp"

#include <algorithm>
#include <string>

#include "tidewheel/codec/bytes_decoder.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::codec {
namespace {

constexpr DecoderFormat table[] = {
    {"json", make_json_decoder},
    {"bytes", make_bytes_decoder},
};

}  // namespace

std::span<const DecoderFormat> decoder_formats() {
    return table;
}

std::unique_ptr<engine::Decoder> make_decoder(std::string_view format, const engine::Schema& schema,
                                              std::span<const DecoderFormat> formats) {
    const auto found = std::ranges::find(formats, format, &DecoderFormat::name);
    if (found != formats.end()) return found->make(schema);
    std::string known;
    for (const DecoderFormat& each : formats)
        known += (known.empty() ? "" : ", ") + std::string(each.name);
    throw Error(Error::Kind::pipeline, "format '" + std::string(format) + "' is not supported",
                "Supported formats: " + known + ".");
}

}  // namespace tidewheel::codec
