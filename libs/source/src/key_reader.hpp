#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/decoder.hpp"

namespace tidewheel::source {

// Reads the key out of a record's value, as tidewheel-ingress does, so that both choose the same
// partition. One thread.
class KeyReader {
  public:
    explicit KeyReader(const engine::Schema& key);  // copied
    // nullopt: the stream has no key, or the record none that can be read.
    std::optional<std::string> key_of(std::string_view value);

  private:
    const engine::Schema schema_;
    engine::Batch batch_;
    std::unique_ptr<engine::Decoder> decoder_;
};

}  // namespace tidewheel::source
