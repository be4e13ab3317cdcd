#include "json_check.hpp"

#include "number_text.hpp"

namespace tidewheel::codec {
namespace {

// RapidJSON's handler: takes everything that is not nested too deep.
class Judge : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Judge> {
  public:
    explicit Judge(std::size_t most) : most_(most) {}
    bool StartObject() { return ++depth_ <= most_; }
    bool StartArray() { return ++depth_ <= most_; }
    bool EndObject(rapidjson::SizeType) { return depth_-- > 0; }
    bool EndArray(rapidjson::SizeType) { return depth_-- > 0; }
    bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
        has_large_number_ |= !is_within_limits({text, length});
        return true;
    }
    bool is_too_deep() const { return depth_ > most_; }
    bool has_large_number() const { return has_large_number_; }

  private:
    std::size_t depth_ = 0;
    const std::size_t most_;
    bool has_large_number_ = false;
};

}  // namespace

std::optional<std::string> JsonCheck::fault_of(std::string_view text) {
    is_too_deep_ = has_large_number_ = false;
    const auto at = [](const std::string& what, std::size_t offset) {
        return what + " at byte " + std::to_string(offset);
    };
    if (const auto fault = find_fault(text)) return at(fault->what, fault->offset);
    copy_.assign(text).append(padding, '\0');
    rapidjson::InsituStringStream stream(copy_.data());
    Judge judge(most_levels_);
    const rapidjson::ParseResult result = reader_.Parse<json_flags>(stream, judge);
    is_too_deep_ = judge.is_too_deep();
    has_large_number_ =
        judge.has_large_number() || result.Code() == rapidjson::kParseErrorNumberTooBig;
    if (!result.IsError()) return std::nullopt;
    return at(is_too_deep_ ? "nested more than " + std::to_string(most_levels_) + " levels"
                           : rapidjson::GetParseError_En(result.Code()),
              result.Offset());
}

}  // namespace tidewheel::codec
