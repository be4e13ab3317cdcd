#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// A wire format that a stream can name: OPTIONS (format 'json').
struct DecoderFormat {
    std::string_view name;
    std::unique_ptr<engine::Decoder> (*make)(const engine::Schema& schema);
};

// The supported formats.
std::span<const DecoderFormat> decoder_formats();

// The decoder of a format. `schema` must outlive it. Throws Error: pipeline for a format that is
// not in the table, or a schema that the format can't have.
std::unique_ptr<engine::Decoder> make_decoder(
    std::string_view format, const engine::Schema& schema,
    std::span<const DecoderFormat> formats = decoder_formats());

}  // namespace tidewheel::codec
