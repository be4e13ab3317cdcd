#include "position.hpp"

#include <charconv>
#include <sstream>

namespace tidewheel::changefeed {

std::string Position::text() const {
    if (in_snapshot) return "1 snapshot";
    return "1 changes " + postgres::lsn_text(commit) + " " +
           (changes == all ? "all" : std::to_string(changes));
}

std::optional<Position> Position::parse(const std::string& text) {
    if (text == "1 snapshot") return Position{true, 0, 0};
    std::istringstream words(text);
    std::string version, kind, lsn, number, more;
    words >> version >> kind >> lsn >> number;
    if (version != "1" || kind != "changes" || words >> more) return std::nullopt;
    const auto commit = postgres::parse_lsn(lsn);
    if (!commit) return std::nullopt;
    if (number == "all") return Position{false, *commit, all};
    std::uint64_t changes = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), changes);
    if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
    return Position{false, *commit, changes};
}

}  // namespace tidewheel::changefeed
