#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidewheel::postgres {

// A place in the write-ahead log: a number of bytes since its beginning.
using Lsn = std::uint64_t;

std::string lsn_text(Lsn lsn);  // as pg_lsn prints it: 16/B374D848
std::optional<Lsn> parse_lsn(std::string_view text);

}  // namespace tidewheel::postgres
