#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "number_text.hpp"
#include "reader.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/json_decoder.hpp"

namespace tidewheel::codec {
namespace {

// Nothing: beyond what a double can hold.
std::optional<Json> number_of(std::string_view text) {
    std::int64_t integer = 0;
    const char* end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, integer);
    if (error == std::errc{} && read_to == end) return Json(integer);
    double number = 0;
    if (std::from_chars(text.data(), end, number).ec != std::errc{}) return std::nullopt;
    return Json(number);
}

std::optional<std::string> repeated_name(const Json::Object& members) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : members)
        names.push_back(name);
    std::ranges::sort(names);
    const auto repeated = std::ranges::adjacent_find(names);
    return repeated == names.end() ? std::nullopt : std::optional(std::string(*repeated));
}

// RapidJSON's handler: builds values from the inside out, the open arrays and objects on a stack.
class Builder {
  public:
    bool Null() { return add(Json()); }
    bool Bool(bool value) { return add(Json(value)); }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        return add(std::string(text, length));
    }
    bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
        if (is_within_limits({text, length}))
            if (auto number = number_of({text, length})) return add(std::move(*number));
        return refuse("a number out of range");
    }
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        open_.back().members.emplace_back(std::string(text, length), Json());
        return true;
    }
    bool StartObject() { return open(); }
    bool StartArray() { return open(); }
    bool EndObject(rapidjson::SizeType) {
        Open object = close();
        if (const auto name = repeated_name(object.members))
            return refuse("the member \"" + *name + "\" appears twice");
        return add(std::move(object.members));
    }
    bool EndArray(rapidjson::SizeType) { return add(close().items); }
    // Never called: numbers come as they are written.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }

    Json take() { return std::move(root_); }
    const std::string& refusal() const { return refusal_; }

  private:
    struct Open {
        Json::Array items;
        Json::Object members;  // the newest waits for its value
    };

    // Not inlined: GCC 12 would warn of members of the variant that it believes to be unset.
    [[gnu::noinline]] bool add(Json&& value) {
        if (open_.empty())
            root_ = std::move(value);
        else if (open_.back().members.empty())
            open_.back().items.push_back(std::move(value));
        else
            open_.back().members.back().second = std::move(value);
        return true;
    }
    bool open() {
        if (open_.size() == json_depth_limit)
            return refuse("nested more than " + std::to_string(json_depth_limit) + " levels");
        open_.emplace_back();
        return true;
    }
    Open close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        return closed;
    }
    bool refuse(std::string what) {
        refusal_ = std::move(what);
        return false;
    }

    std::vector<Open> open_;
    Json root_;
    std::string refusal_;
};

}  // namespace

std::optional<Json> Json::parse(std::string_view text, std::string* error) {
    const auto fail = [error](const std::string& what, std::size_t offset) {
        if (error) *error = what + " at byte " + std::to_string(offset);
        return std::nullopt;
    };
    if (const auto fault = find_fault(text)) return fail(fault->what, fault->offset);
    std::string copy(text);
    copy.append(padding, '\0');
    rapidjson::InsituStringStream stream(copy.data());
    Builder builder;
    rapidjson::Reader reader;
    const rapidjson::ParseResult result = reader.Parse<json_flags>(stream, builder);
    if (!result.IsError()) return builder.take();
    const bool refused = !builder.refusal().empty();
    return fail(refused ? builder.refusal() : rapidjson::GetParseError_En(result.Code()),
                result.Offset());
}

}  // namespace tidewheel::codec
