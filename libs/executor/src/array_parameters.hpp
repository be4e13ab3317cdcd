#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tidewheel/postgres/copy_encoder.hpp"

namespace tidewheel::executor {

// Arrays as the parameters of a command, or of several, in one buffer: it may move while it grows.
class ArrayParameters {
  public:
    explicit ArrayParameters(postgres::CopyEncoder& encoder) : encoder_(encoder) {
        encoder_.clear();
    }

    postgres::CopyEncoder& encoder() { return encoder_; }
    std::size_t size() const { return encoder_.payload().size(); }  // in bytes
    void end_array() { ends_.push_back(encoder_.payload().size()); }
    // Until the encoder is used again.
    std::span<const std::string_view> all() {
        std::size_t begin = 0;
        for (const std::size_t end : ends_) {
            arrays_.push_back(encoder_.payload().substr(begin, end - begin));
            begin = end;
        }
        return arrays_;
    }

  private:
    postgres::CopyEncoder& encoder_;
    std::vector<std::size_t> ends_;
    std::vector<std::string_view> arrays_;
};

}  // namespace tidewheel::executor
