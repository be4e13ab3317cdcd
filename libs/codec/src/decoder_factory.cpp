#include "tidewheel/codec/decoder_factory.hpp"

#include <algorithm>
#include <string>

#include "tidewheel/codec/avro_decoder.hpp"
#include "tidewheel/codec/bytes_decoder.hpp"
#include "tidewheel/codec/csv_decoder.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::codec {
namespace {

using Made = std::unique_ptr<engine::Decoder>;

Made make_avro(const engine::Schema& schema, const RecordFormat& format) {
    return format.registry ? make_avro_decoder(schema, *format.registry)
                           : make_avro_decoder(schema, format.schema);
}

Made make_csv(const engine::Schema& schema, const RecordFormat& format) {
    return make_csv_decoder(schema, format.csv);
}

template <Made (*make)(const engine::Schema&)>
Made make_by_columns(const engine::Schema& schema, const RecordFormat&) {
    return make(schema);
}

constexpr DecoderFormat table[] = {
    {"json", make_by_columns<make_json_decoder>},
    {"avro", make_avro},
    {"csv", make_csv},
    {"bytes", make_by_columns<make_bytes_decoder>},
};

}  // namespace

std::span<const DecoderFormat> decoder_formats() {
    return table;
}

std::unique_ptr<engine::Decoder> make_decoder(const RecordFormat& format,
                                              const engine::Schema& schema,
                                              std::span<const DecoderFormat> formats) {
    const auto found = std::ranges::find(formats, format.name, &DecoderFormat::name);
    if (found != formats.end()) return found->make(schema, format);
    std::string known;
    for (const DecoderFormat& each : formats)
        known += (known.empty() ? "" : ", ") + std::string(each.name);
    throw Error(Error::Kind::pipeline, "format '" + std::string(format.name) + "' is not supported",
                "Supported formats: " + known + ".");
}

}  // namespace tidewheel::codec
