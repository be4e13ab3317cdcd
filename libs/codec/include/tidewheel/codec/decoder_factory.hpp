#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tidewheel/codec/schema_source.hpp"
#include "tidewheel/engine/csv_form.hpp"
#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::codec {

// How the records of a stream are written, as its options say.
struct RecordFormat {
    std::string_view name;             // OPTIONS (format 'json')
    std::string schema = {};           // the one that all are written with; empty: there is none
    SchemaSource* registry = nullptr;  // where those are that records name
    engine::CsvForm csv = {};          // of the format csv

    RecordFormat(std::string_view format) : name(format) {}
    RecordFormat(const char* format) : name(format) {}
};

// A wire format that a stream can name.
struct DecoderFormat {
    std::string_view name;
    std::unique_ptr<engine::Decoder> (*make)(const engine::Schema& schema,
                                             const RecordFormat& format);
};

// The supported formats.
std::span<const DecoderFormat> decoder_formats();

// The decoder of a format. `schema` and the registry must outlive it. Throws Error: pipeline for a
// format that is not in the table, or a schema that the format can't have.
std::unique_ptr<engine::Decoder> make_decoder(
    const RecordFormat& format, const engine::Schema& schema,
    std::span<const DecoderFormat> formats = decoder_formats());

}  // namespace tidewheel::codec
