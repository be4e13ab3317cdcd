#pragma once

namespace tidewheel::codec {

// The result of reading a text as a value of some type. The names are those of engine::Reason.
enum class ParseResult { ok, wrong_type, out_of_range };

}  // namespace tidewheel::codec
