#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/engine/record.hpp"

// A record's headers as JSON: [{"name": "source", "value": "shop"}], in their order. A name or a
// value that PostgreSQL's text can't hold is written in hexadecimal, "\x00ff"; and so is one that
// begins with \x, so that each text means one value. A header without a value has null.
namespace tidewheel::codec {

std::string headers_json(const std::vector<engine::Header>& headers);
// The bytes that a name or a value stands for.
std::string header_bytes(std::string_view text);

// PostgreSQL's text takes neither NUL nor broken UTF-8.
bool is_text(std::string_view bytes);

}  // namespace tidewheel::codec
