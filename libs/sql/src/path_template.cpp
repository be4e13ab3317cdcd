#include "tidewheel/sql/path_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "tidewheel/core/suggestion.hpp"

namespace tidewheel::sql {
namespace {

using namespace std::chrono;

struct Place {
    const PathValues& values;
    year_month_day date;
    hh_mm_ss<seconds> time;
};

struct Placeholder {
    std::string_view name;
    std::string (*text)(const Place& place);
};

std::string two(std::int64_t number) {
    return fmt::format("{:02}", number);
}
std::string two(unsigned number) {
    return fmt::format("{:02}", number);
}

constexpr Placeholder placeholders[] = {
    {"topic", [](const Place& at) { return at.values.topic.empty() ? "none" : at.values.topic; }},
    {"partition",
     [](const Place& at) {
         return at.values.partition < 0 ? "none" : std::to_string(at.values.partition);
     }},
    {"yyyy", [](const Place& at) { return fmt::format("{:04}", int(at.date.year())); }},
    {"MM", [](const Place& at) { return two(unsigned(at.date.month())); }},
    {"dd", [](const Place& at) { return two(unsigned(at.date.day())); }},
    {"HH", [](const Place& at) { return two(at.time.hours().count()); }},
    {"mm", [](const Place& at) { return two(at.time.minutes().count()); }},
    {"ss", [](const Place& at) { return two(at.time.seconds().count()); }},
    {"first",
     [](const Place& at) { return fmt::format("{:019}-{}", at.values.first, at.values.mark); }},
};

const Placeholder* find_placeholder(std::string_view name) {
    const auto found = std::ranges::find(placeholders, name, &Placeholder::name);
    return found == std::end(placeholders) ? nullptr : found;
}

bool is_plain(unsigned char c) {
    return c < 128 &&
           (std::isalnum(c) || std::string_view("._~=-").find(char(c)) != std::string_view::npos);
}

std::string unknown(std::string_view name) {
    std::vector<std::string> names;
    std::string list;
    for (const Placeholder& each : placeholders)
        list += fmt::format(" {{{}}}", names.emplace_back(each.name));
    const std::string near = did_you_mean(std::string(name), names);
    return fmt::format("has {{{}}}, which is no placeholder. {}", name,
                       near.empty() ? "There are" + list : near);
}

class PathCheck {
  public:
    std::optional<std::string> check(std::string_view path) {
        if (path.empty() || path.size() > 200) return "is not of 1 to 200 characters";
        while (!path.empty())
            if (auto wrong = read_one(path)) return wrong;
        if (at_start_) return "ends with a slash";
        if (firsts_ != 1 || !first_is_last_)
            return "must have {first} once, behind the last slash: by it names differ";
        return std::nullopt;
    }

  private:
    std::optional<std::string> read_one(std::string_view& path) {
        const char c = path.front();
        if (c == '{') return read_placeholder(path);
        path.remove_prefix(1);
        if (c == '/') {
            if (at_start_) return "begins with a slash, or has two in a row";
            at_start_ = true;
            first_is_last_ = false;
            return std::nullopt;
        }
        if (!is_plain(static_cast<unsigned char>(c)))
            return "may have only letters, digits, '.', '_', '~', '=', '-', '/' and placeholders";
        if (c == '.' && at_start_) return "has a name that begins with a dot";
        at_start_ = false;
        return std::nullopt;
    }

    std::optional<std::string> read_placeholder(std::string_view& path) {
        const auto end = path.find('}');
        if (end == std::string_view::npos) return "has a { without }";
        const std::string_view name = path.substr(1, end - 1);
        path.remove_prefix(end + 1);
        if (!find_placeholder(name)) return unknown(name);
        at_start_ = false;
        if (name == "first") {
            ++firsts_;
            first_is_last_ = true;
        }
        return std::nullopt;
    }

    bool at_start_ = true;  // of a segment
    int firsts_ = 0;
    bool first_is_last_ = false;
};

}  // namespace

std::optional<std::string> wrong_path(const std::string& path) {
    return PathCheck().check(path);
}

std::string expand_path(const std::string& path, const PathValues& values) {
    const auto day = floor<days>(values.time);
    const Place place{values, year_month_day(day),
                      hh_mm_ss<seconds>(floor<seconds>(values.time - day))};
    std::string expanded;
    std::string_view rest = path;
    while (!rest.empty()) {
        const auto begin = std::min(rest.find('{'), rest.size());
        expanded += rest.substr(0, begin);
        rest.remove_prefix(begin);
        if (rest.empty()) break;
        const auto end = rest.find('}');
        expanded += find_placeholder(rest.substr(1, end - 1))->text(place);
        rest.remove_prefix(end + 1);
    }
    return expanded;
}

}  // namespace tidewheel::sql
