#include "tidewheel/codec/headers_json.hpp"

#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/utf8.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::codec {
namespace {

std::string header_text(std::string_view bytes) {
    return is_text(bytes) && !bytes.starts_with("\\x") ? std::string(bytes) : "\\x" + to_hex(bytes);
}

}  // namespace

bool is_text(std::string_view bytes) {
    return bytes.find('\0') == std::string_view::npos && !find_invalid_utf8(bytes);
}

std::string headers_json(const std::vector<engine::Header>& headers) {
    Json all = Json::array();
    for (const engine::Header& header : headers) {
        Json each = Json::object();
        each.set("name", header_text(header.name));
        each.set("value", header.value ? Json(header_text(*header.value)) : Json());
        all.push(std::move(each));
    }
    return all.dump();
}

std::string header_bytes(std::string_view text) {
    return text.starts_with("\\x") ? from_hex(text.substr(2)) : std::string(text);
}

}  // namespace tidewheel::codec
