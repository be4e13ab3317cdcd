#include "key_reader.hpp"

#include "tidewheel/codec/decoder_factory.hpp"
#include "tidewheel/engine/key_text.hpp"

namespace tidewheel::source {

KeyReader::KeyReader(const engine::Schema& key) : schema_(key), batch_(schema_) {
    if (!schema_.columns.empty()) decoder_ = codec::make_decoder("json", schema_);
}

std::optional<std::string> KeyReader::key_of(std::string_view value) {
    if (!decoder_) return std::nullopt;
    batch_.clear();
    engine::Record record;
    record.value = value;
    batch_.add(std::move(record), [&](const engine::Record& kept, engine::Batch& batch) {
        return decoder_->decode(kept, batch);
    });
    return batch_.rows() == 1 ? engine::key_text(batch_.column(0), 0) : std::nullopt;
}

}  // namespace tidewheel::source
