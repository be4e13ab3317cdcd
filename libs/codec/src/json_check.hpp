#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "reader.hpp"

namespace tidewheel::codec {

// Reads a text as JSON by the rules of docs/reference/json.md, and keeps nothing of it. Allocates
// nothing once it has grown.
class JsonCheck {
  public:
    explicit JsonCheck(std::size_t most_levels) : most_levels_(most_levels) {}

    // What is wrong with the text, and where; nullopt: nothing.
    std::optional<std::string> fault_of(std::string_view text);
    // Of the last text. A number beyond the limits of every number is no fault of it as JSON.
    bool is_too_deep() const { return is_too_deep_; }
    bool has_large_number() const { return has_large_number_; }

  private:
    const std::size_t most_levels_;
    std::string copy_;
    rapidjson::Reader reader_;
    bool is_too_deep_ = false, has_large_number_ = false;
};

}  // namespace tidewheel::codec
